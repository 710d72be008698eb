package servicenow

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An encoded query is conditions joined by ^. Those that begin with OR belong to the one before, NQ begins another query, and
// any of these queries is enough. ServiceNow passes over whatever it cannot make sense of, so that a filter with a mistake
// filters nothing: it is taken apart here before it is sent, and held against what comes back.

// query is an encoded query, taken apart.
type query struct{ groups []group }

// group is one of the queries of which any is enough: places, each of conditions of which any is enough.
type group [][]condition

// condition is one of a query's; judged says that its operator's meaning is known here.
type condition struct{ text, column, operator, value string }

// queryForm says what a filter looks like.
const queryForm = "an encoded query as ServiceNow copies it from a list's breadcrumb, such as category=software^priority<=3, without an order"

// operators are those that ServiceNow documents, the longest first.
var operators = strings.Fields(">= <= != = > < ISNOTEMPTY ISEMPTY STARTSWITH ENDSWITH CONTAINS BETWEEN LIKE IN ON NOTON RELATIVEGT RELATIVEGE RELATIVELT RELATIVELE RELATIVEEE " +
	"DATEPART DYNAMIC SAMEAS NSAMEAS VALCHANGES CHANGESFROM CHANGESTO GT_FIELD LT_FIELD GT_OR_EQUALS_FIELD LT_OR_EQUALS_FIELD INSTANCEOF MATCH_PAT MATCH_RGX ANYTHING EMPTYSTRING MORETHAN LESSTHAN NOTLIKE")

var conditionForm = func() *regexp.Regexp {
	all := slices.Concat(operators, []string{"NOT LIKE", "NOT IN", "DOES NOT CONTAIN"})
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	for i, each := range all {
		all[i] = regexp.QuoteMeta(each)
	}
	return regexp.MustCompile(`^([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)(` + strings.Join(all, "|") + `)([\s\S]*)$`)
}()

var errOrder = errors.New("an order or a group has no place in it")

// parseQuery takes an encoded query apart.
func parseQuery(text string) (query, error) {
	q := query{groups: []group{nil}}
	for part := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(text), "^^", "\x00"), "^") {
		part = strings.ReplaceAll(part, "\x00", "^^")
		bare, another := strings.CutPrefix(part, "NQ")
		bare, alternative := strings.CutPrefix(bare, "OR")
		switch {
		case part == "" || part == "EQ":
			continue
		case strings.HasPrefix(part, "ORDERBY"), strings.HasPrefix(part, "GROUPBY"):
			return query{}, errOrder
		case strings.HasPrefix(part, "RLQUERY"):
			return query{}, errors.New("conditions on related lists have no place in it")
		}
		found := conditionForm.FindStringSubmatch(bare)
		if found == nil {
			return query{}, fmt.Errorf("%q is no condition: a column in small letters, an operator and a value", bare)
		}
		if another {
			q.groups = append(q.groups, nil)
		}
		last := &q.groups[len(q.groups)-1]
		c := condition{bare, found[1], found[2], strings.ReplaceAll(found[3], "^^", "^")}
		if alternative && len(*last) > 0 {
			(*last)[len(*last)-1] = append((*last)[len(*last)-1], c)
		} else {
			*last = append(*last, []condition{c})
		}
	}
	return q, nil
}

// columns are those that the query is about.
func (q query) columns() (names []string) {
	for _, g := range q.groups {
		for _, place := range g {
			for _, c := range place {
				if !slices.Contains(names, c.column) {
					names = append(names, c.column)
				}
			}
		}
	}
	return names
}

// and writes a query that has each of the groups with each of some alternatives, in an order. Everything stands in every part:
// what follows NQ shares nothing with what is before it.
func (q query) and(alternatives [][]string, order ...string) string {
	if len(alternatives) == 0 {
		alternatives = [][]string{nil}
	}
	var parts []string
	for _, g := range q.groups {
		var own []string
		for _, place := range g {
			for i, c := range place {
				if i > 0 {
					own = append(own, "OR"+c.text)
				} else {
					own = append(own, c.text)
				}
			}
		}
		for _, each := range alternatives {
			parts = append(parts, strings.Join(slices.Concat(own, each), "^"))
		}
	}
	text := strings.Join(parts, "^NQ")
	for _, each := range order {
		text += "^ORDERBY" + each
	}
	return strings.TrimPrefix(text, "^")
}

// obeys says whether a row fulfils the query, as far as that can be judged here.
func (q query) obeys(r row) bool {
	return slices.ContainsFunc(q.groups, func(g group) bool {
		return !slices.ContainsFunc(g, func(place []condition) bool {
			return !slices.ContainsFunc(place, func(c condition) bool { return c.mayHold(r) })
		})
	})
}

// mayHold says of a condition that a row does not break it. Only what has one meaning whatever the column is judged.
func (c condition) mayHold(r row) bool {
	have, known := r[c.column]
	if !known || strings.Contains(c.value, "javascript:") {
		return true
	}
	is := func(value string) bool { return alike(string(have), value) }
	listed := func() bool { return slices.ContainsFunc(strings.Split(c.value, ","), is) }
	switch c.operator {
	case "=":
		return c.value == "" || is(c.value)
	case "!=":
		return have == "" || !is(c.value)
	case "IN":
		return listed()
	case "NOT IN":
		return have == "" || !listed()
	case "ISEMPTY":
		return have == ""
	case "ISNOTEMPTY":
		return have != ""
	}
	return true
}

// alike compares values as ServiceNow does: without case, and truth values and numbers by what they mean.
func alike(have, value string) bool {
	value = strings.TrimSpace(value)
	if strings.EqualFold(have, value) {
		return true
	}
	a, noNumber := strconv.ParseFloat(have, 64)
	b, none := strconv.ParseFloat(value, 64)
	if noNumber == nil && none == nil {
		return a == b
	}
	truth := map[string]bool{"true": true, "1": true}
	false1 := map[string]bool{"false": true, "0": true}
	return truth[have] && truth[value] || false1[have] && false1[value]
}
