package github

import (
	"encoding/json"
	"errors"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// One repository of an owner's list that cannot be read costs that repository: the others are read, and it is named.

// listedRecord is a repository in an owner's list over REST.
type listedRecord struct {
	FullName string
	ID       int64
	Archived bool
	PushedAt moment
	unread   error // why it cannot be read
}

// nodeID tells it from the others of the list, as its name does.
func (l *listedRecord) nodeID() string { return l.FullName }

// UnmarshalJSON reads what can be read.
func (l *listedRecord) UnmarshalJSON(text []byte) error {
	var told struct {
		FullName string `json:"full_name"`
		ID       int64  `json:"id"`
		Archived bool   `json:"archived"`
		PushedAt moment `json:"pushed_at"`
	}
	l.unread = json.Unmarshal(text, &told)
	l.FullName, l.ID, l.Archived, l.PushedAt = told.FullName, told.ID, told.Archived, told.PushedAt
	if l.unread == nil && l.FullName == "" {
		l.unread = errors.New("full_name is missing")
	}
	return nil
}

// listedNode is a repository in an owner's list over GraphQL.
type listedNode struct {
	probeNode
	unread error // why it cannot be read
}

// UnmarshalJSON reads what can be read.
func (n *listedNode) UnmarshalJSON(text []byte) error {
	n.unread = json.Unmarshal(text, &n.probeNode)
	if errors.Is(n.unread, pages.ErrHole) { // a narrower page may have it
		return n.unread
	}
	if n.unread == nil && n.NameWithOwner == "" {
		n.unread = errors.New("nameWithOwner is missing")
	}
	return nil
}

// ofListed says that an error is about one repository of an owner's list, and notes it by its place there.
func (e graphqlError) ofListed(noted map[int][]graphqlError) bool {
	if len(e.Path) < 4 || e.Path[0] != "owner" || e.Path[1] != "repositories" || e.Path[2] != "nodes" {
		return false
	}
	place, ok := e.Path[3].(float64)
	if ok {
		noted[int(place)] = append(noted[int(place)], e)
	}
	return ok
}

// refusal is the server's word on why something is not there; otherwise what was found.
func refusal(said []graphqlError, found error) error {
	if len(said) > 0 {
		return said[0]
	}
	return found
}

// unlisted is the failure to read one repository of an owner's list; nil where it is known not to be wanted.
func (s *Source) unlisted(owner, name string, err error) error {
	var said graphqlError
	switch {
	case name == "":
		return s.failure(source.CauseAnswer, owner, "one of the repositories listed here has no name that can be read, and is left out; the others are read: if it stays so, please report it", err)
	case !s.selection.lists(name):
		return nil
	case errors.As(err, &said):
		return s.refused(name, []graphqlError{said})
	}
	return s.failure(source.CauseAnswer, name, "what GitHub lists of this repository has another form than its schema says, and it is left out; the others are read: if it stays so, please report it", err)
}
