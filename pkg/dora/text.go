package dora

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of the texts of events, in bytes, wherever they come from. Names and titles have room for what vendors allow
// in 255 characters.
const (
	NameLimit    = 1024 // of people, branches, environments, tasks, labels, services
	TitleLimit   = 1024
	AddressLimit = 2000
	MessageLimit = 4 << 10 // of a commit: references to changes stand in its first lines
	BodyLimit    = 64 << 10
	LabelsLimit  = 500       // labels of an event
	ReviewsLimit = 1000      // reviews of a change, the first
	UnseenLimit  = 1_000_000 // runs that one event stands for
	NamesLimit   = 100       // names in an incident's fields of deployments, and of records that tell of the same
)

// IsAddress says whether a text is one that a browser may be led to: nothing but http and https is kept or shown.
func IsAddress(text string) bool {
	scheme, rest, found := strings.Cut(text, "://")
	return found && rest != "" && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}

// wording is one of an event's texts, what it is called, and how long it may be.
type wording struct {
	field string
	value *string
	limit int
	prose bool // it is searched and shown, and names nothing: cut, it is still of use
}

// address is where an event may be looked at; nil where its kind has none.
func address(e Event) *string {
	switch e := e.(type) {
	case *Repository:
		return &e.URL
	case *Change:
		return &e.URL
	case *Deployment:
		return &e.URL
	case *Incident:
		return &e.URL
	}
	return nil
}

func wordings(e Event) []wording {
	name := func(field string, value *string) wording { return wording{field, value, NameLimit, false} }
	switch e := e.(type) {
	case *Repository:
		return []wording{name("name", &e.Name), name("defaultBranch", &e.DefaultBranch)}
	case *Commit:
		return []wording{name("author", &e.Author), {"message", &e.Message, MessageLimit, true}}
	case *Change:
		return []wording{name("author", &e.Author), name("base", &e.Base), name("branch", &e.Branch), {"title", &e.Title, TitleLimit, false}, {"body", &e.Body, BodyLimit, true}}
	case *Deployment:
		return []wording{name("environment", &e.Environment), name("tier", &e.Tier), name("task", &e.Task), name("ref", &e.Ref), name("creator", &e.Creator), name("run", &e.Run), name("sha", &e.SHA), name("key", &e.Key)}
	case *Incident:
		return []wording{name("service", &e.Service), name("severity", &e.Severity), name("key", &e.Key), name("partOf", &e.PartOf), {"title", &e.Title, TitleLimit, false}, {"body", &e.Body, BodyLimit, true}}
	}
	return nil
}

func labels(e Event) *[]string {
	switch e := e.(type) {
	case *Change:
		return &e.Labels
	case *Incident:
		return &e.Labels
	}
	return nil
}

// TooLong names a text of an event that is longer than it may be, and by how much; empty where none is. A body is none:
// it is cut.
func TooLong(e Event) (field, problem string) {
	for _, each := range wordings(e) {
		if !each.prose && len(*each.value) > each.limit {
			return each.field, fmt.Sprintf("has %d bytes; allowed: up to %d", len(*each.value), each.limit)
		}
	}
	if list := labels(e); list != nil {
		if len(*list) > LabelsLimit {
			return "labels", fmt.Sprintf("%d are too many; allowed: %d", len(*list), LabelsLimit)
		}
		for i, label := range *list {
			if len(label) > NameLimit {
				return fmt.Sprintf("labels[%d]", i), fmt.Sprintf("has %d bytes; allowed: up to %d", len(label), NameLimit)
			}
		}
	}
	for _, each := range named(e) {
		if len(*each.list) > NamesLimit {
			return each.field, fmt.Sprintf("%d are too many; allowed: %d", len(*each.list), NamesLimit)
		}
		for i, name := range *each.list {
			if len(name) > AddressLimit {
				return fmt.Sprintf("%s[%d]", each.field, i), fmt.Sprintf("has %d bytes; allowed: up to %d", len(name), AddressLimit)
			}
		}
	}
	return "", ""
}

// naming is a list of names of other events in an event's fields.
type naming struct {
	field string
	list  *[]string
}

func named(e Event) []naming {
	if i, ok := e.(*Incident); ok {
		return []naming{{"names", &i.Names}, {"same", &i.Same}}
	}
	return nil
}

// Bound cuts the texts of an event to their limits, and takes out an address that is none.
func Bound(e Event) {
	for _, each := range wordings(e) {
		*each.value = Shorten(*each.value, each.limit)
	}
	if list := labels(e); list != nil {
		*list = (*list)[:min(len(*list), LabelsLimit)]
		if slices.ContainsFunc(*list, func(label string) bool { return len(label) > NameLimit }) {
			*list = slices.Clone(*list)
			for i, label := range *list {
				(*list)[i] = Shorten(label, NameLimit)
			}
		}
	}
	for _, each := range named(e) {
		*each.list = (*each.list)[:min(len(*each.list), NamesLimit)]
		tooLong := func(name string) bool { return len(name) > AddressLimit }
		if slices.ContainsFunc(*each.list, tooLong) { // cut it would be another's name
			*each.list = slices.DeleteFunc(slices.Clone(*each.list), tooLong)
		}
	}
	if d, ok := e.(*Deployment); ok {
		d.Unseen = min(max(d.Unseen, 0), UnseenLimit)
	}
	if change, ok := e.(*Change); ok {
		change.Reviews = change.Reviews[:min(len(change.Reviews), ReviewsLimit)]
	}
	leadNowhereElse(e)
}

// leadNowhereElse takes out an address that a browser must not be led to.
func leadNowhereElse(e Event) {
	if at := address(e); at != nil && *at != "" && (len(*at) > AddressLimit || !IsAddress(*at)) {
		*at = ""
	}
}

// Shorten cuts a text at a character's end.
func Shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
