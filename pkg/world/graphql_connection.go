package world

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// item is an element of a connection with the keys that it is ordered by: a cursor names a place, not an offset, so that
// a page does not shift when the world goes on.
type item struct {
	key, id int64
	value   any
}

// page is the part of a connection that was asked for.
type page struct {
	items         []item
	total         int
	before, after bool // whether there is more on either side
	cursorOf      func(item) string
}

func keyCursor(i item) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "cursor:v2:%d:%d", i.key, i.id))
}

var errCursor = errors.New("the cursor does not appear to be a valid cursor")

func parseCursor(cursor string) (key, id int64, err error) {
	raw, err := base64.StdEncoding.DecodeString(cursor)
	parts := strings.Split(string(raw), ":")
	if err != nil || len(parts) != 4 || parts[0] != "cursor" {
		return 0, 0, fmt.Errorf("`%s`: %w", cursor, errCursor)
	}
	key, keyErr := strconv.ParseInt(parts[2], 10, 64)
	id, idErr := strconv.ParseInt(parts[3], 10, 64)
	if keyErr != nil || idErr != nil {
		return 0, 0, fmt.Errorf("`%s`: %w", cursor, errCursor)
	}
	return key, id, nil
}

// paged orders items by (key, id) and cuts out what first, last, after and before say.
func paged(a arguments, items []item, descending bool) (any, error) {
	order := func(x, y item) int {
		c := compare(x, y)
		if descending {
			return -c
		}
		return c
	}
	if !slices.IsSortedFunc(items, order) {
		slices.SortFunc(items, order)
	}
	p := &page{total: len(items), cursorOf: keyCursor}
	from, to := 0, len(items)
	for _, side := range []string{"after", "before"} {
		cursor := a.text(side)
		if cursor == "" {
			continue
		}
		key, id, err := parseCursor(cursor)
		if err != nil {
			return nil, err
		}
		at, found := slices.BinarySearchFunc(items, item{key: key, id: id}, order)
		switch {
		case side == "before":
			to = at
		case found:
			from = at + 1
		default:
			from = at
		}
	}
	p.cut(a, items, from, max(from, to))
	return p, nil
}

// cut takes first or last of items[from:to].
func (p *page) cut(a arguments, items []item, from, to int) {
	if n, ok := a.number("first"); ok && to-from > n {
		to = from + n
	}
	if n, ok := a.number("last"); ok && to-from > n {
		from = to - n
	}
	p.items, p.before, p.after = items[from:to], from > 0, to < len(items)
}

func compare(x, y item) int {
	switch {
	case x.key != y.key:
		if x.key < y.key {
			return -1
		}
		return 1
	case x.id < y.id:
		return -1
	case x.id > y.id:
		return 1
	}
	return 0
}

// listed pages a list in its own order.
func listed[T any](a arguments, list []T) (any, error) {
	items := make([]item, len(list))
	for i, v := range list {
		items[i] = item{key: int64(i), value: v}
	}
	return paged(a, items, false)
}

// direction reads orderBy; field says by which the order is, out of the allowed ones.
func direction(a arguments, standard string, allowed ...string) (field string, descending bool, err error) {
	order := a.nested("orderBy")
	if order == nil {
		return standard, false, nil
	}
	field = order.text("field")
	if !slices.Contains(allowed, field) {
		return "", false, fmt.Errorf("argument 'orderBy' has an invalid field %q: expected one of %s", field, strings.Join(allowed, ", "))
	}
	switch order.text("direction") {
	case "ASC":
	case "DESC":
		descending = true
	default:
		return "", false, fmt.Errorf("argument 'orderBy' has an invalid direction %q: expected ASC or DESC", order.text("direction"))
	}
	return field, descending, nil
}

type edge struct {
	cursor string
	node   any
}

// connectionTo declares the connection and edge types of a node type.
func connectionTo(node string) {
	name := node + "Connection"
	if schema[name] != nil {
		return
	}
	schema[name] = &objectType{name: name, fields: map[string]*field{
		"nodes": on(node, func(p *page) any {
			list := make([]any, len(p.items))
			for i, it := range p.items {
				list[i] = it.value
			}
			return list
		}),
		"edges": on(node+"Edge", func(p *page) any {
			list := make([]any, len(p.items))
			for i, it := range p.items {
				list[i] = edge{p.cursorOf(it), it.value}
			}
			return list
		}),
		"totalCount": leaf(func(p *page) any { return p.total }),
		"pageInfo":   on("PageInfo", func(p *page) any { return p }),
	}}
	schema[node+"Edge"] = &objectType{name: node + "Edge", fields: map[string]*field{
		"cursor": leaf(func(e edge) any { return e.cursor }),
		"node":   on(node, func(e edge) any { return e.node }),
	}}
}

func pageInfo() map[string]*field {
	end := func(p *page, i int) any {
		if len(p.items) == 0 {
			return nil
		}
		return p.cursorOf(p.items[i])
	}
	return map[string]*field{
		"hasNextPage":     leaf(func(p *page) any { return p.after }),
		"hasPreviousPage": leaf(func(p *page) any { return p.before }),
		"startCursor":     leaf(func(p *page) any { return end(p, 0) }),
		"endCursor":       leaf(func(p *page) any { return end(p, len(p.items)-1) }),
	}
}
