package pages

import "encoding/json"

// Info says where a list goes on, in the words of GraphQL's connections. EndCursor may be any position: a link or a token
// as well.
type Info struct {
	HasNextPage bool
	EndCursor   string
}

// Entry is what stands in a list; its key tells it from the others there.
type Entry interface{ Key() string }

// Page is one page of a GraphQL connection. A hole in it fails to decode with ErrHole, so that nothing downstream can take it
// for nothing.
type Page[T Entry] struct {
	Nodes      []T
	TotalCount int
	PageInfo   Info

	// Counted says that the answer told how many there are. Unchanged says that the page is as it was when it was last read,
	// and was not sent again.
	Counted, Unchanged bool `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Page[T]) UnmarshalJSON(text []byte) error {
	var raw struct {
		Nodes      []*T
		TotalCount *int
		PageInfo   Info
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	if raw.TotalCount != nil {
		p.TotalCount, p.Counted = *raw.TotalCount, true
	}
	p.Nodes = make([]T, len(raw.Nodes))
	for i, node := range raw.Nodes {
		if node == nil {
			return ErrHole
		}
		p.Nodes[i] = *node
	}
	p.PageInfo = raw.PageInfo
	return nil
}

// Entries are a page's, of which there are none where there is no page.
func Entries[T Entry](p *Page[T]) []T {
	if p == nil {
		return nil
	}
	return p.Nodes
}

// After is where the list goes on, and whether it does.
func (p *Page[T]) After() (string, bool) { return p.PageInfo.EndCursor, p.PageInfo.HasNextPage }

// Position is how many entries the page has, and where the next one begins; -1 where there is no page.
func (p *Page[T]) Position() (int, Info) {
	if p == nil {
		return -1, Info{}
	}
	return len(p.Nodes), p.PageInfo
}

// Extend appends the next page, of which the JSON is given. A list that shifts while it is read repeats entries, which are
// left out.
func (p *Page[T]) Extend(text []byte) error {
	var next Page[T]
	if err := json.Unmarshal(text, &next); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, node := range p.Nodes {
		seen[node.Key()] = true
	}
	for _, node := range next.Nodes {
		if !seen[node.Key()] {
			p.Nodes = append(p.Nodes, node)
		}
	}
	p.PageInfo = next.PageInfo
	return nil
}

// Growing is a list within an answer that did not fit into it, and is read on by itself: a *Page, whatever its entries.
type Growing interface {
	// After is where the list goes on, and whether it does.
	After() (string, bool)
	// Position is how many entries there are so far, and where the list goes on.
	Position() (int, Info)
	// Extend appends the page that was asked for.
	Extend(text []byte) error
}
