package github

import (
	"encoding/json"
	"errors"
)

// errNullNodes says that a list came with holes: the server could not fill the page.
var errNullNodes = errors.New("a page has null in place of an entry")

// page is one page of a connection. A hole in it fails to decode, so that nothing downstream can take it for nothing.
type page[T entry] struct {
	Nodes      []T
	TotalCount int
	PageInfo   pageInfo

	counted   bool // how many there are was told
	unchanged bool // it is as it was when it was last read, and was not sent again
}

// entry is what stands in a list; its key tells it from the others there.
type entry interface{ key() string }

type pageInfo struct {
	HasNextPage bool
	EndCursor   string
}

func (p *page[T]) UnmarshalJSON(text []byte) error {
	var raw struct {
		Nodes      []*T
		TotalCount *int
		PageInfo   pageInfo
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	if raw.TotalCount != nil {
		p.TotalCount, p.counted = *raw.TotalCount, true
	}
	p.Nodes = make([]T, len(raw.Nodes))
	for i, node := range raw.Nodes {
		if node == nil {
			return errNullNodes
		}
		p.Nodes[i] = *node
	}
	p.PageInfo = raw.PageInfo
	return nil
}

// remainingList is a list that did not fit into its parent's page.
type remainingList interface {
	// after is where the list goes on, and whether it does.
	after() (string, bool)
	// position is how many entries there are so far, and where the list goes on.
	position() (int, pageInfo)
	// extend appends the page that was asked for.
	extend(text []byte) error
}

func (p *page[T]) after() (string, bool) { return p.PageInfo.EndCursor, p.PageInfo.HasNextPage }

// position is how many entries the page has, and where the next one begins; -1 where there is none.
func (p *page[T]) position() (int, pageInfo) {
	if p == nil {
		return -1, pageInfo{}
	}
	return len(p.Nodes), p.PageInfo
}

func (p *page[T]) extend(text []byte) error {
	var next page[T]
	if err := json.Unmarshal(text, &next); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, node := range p.Nodes {
		seen[node.key()] = true
	}
	for _, node := range next.Nodes { // a list that shifts while it is read repeats entries
		if !seen[node.key()] {
			p.Nodes = append(p.Nodes, node)
		}
	}
	p.PageInfo = next.PageInfo
	return nil
}
