package world

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Entry is what an organisation wrote of one of its components, or of a team, into its software catalogue.
type Entry struct {
	// Kind is Component where it is empty, Namespace is default.
	Kind, Namespace, Name string
	// Type is a component's, such as service or library; Owner is whose it is, as people write it: payments, group:shop/payments or
	// user:jane.
	Type, Owner string
	// Annotations say where its code is, such as github.com/project-slug.
	Annotations map[string]string
}

// Backstage speaks the catalogue's API of Backstage, as far as entities are listed by it, to whoever has the token. The entries
// are asked for at each request; they may be in any order, and change.
func Backstage(token string, entries func() []Entry) http.Handler {
	return backstage(new(World), token, func(*asked) []Entry { return entries() })
}

// Backstage is the catalogue of the invented organisation: its services, each with its team and its repository, and the teams.
func (w *World) Backstage(token string) http.Handler {
	return backstage(w, token, (*asked).catalogue)
}

func backstage(w *World, token string, entries func(*asked) []Entry) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(), secret: bearer,
		refused: shape{"error": shape{"name": "AuthenticationError", "message": "Illegal token"}, "response": shape{"statusCode": 401}},
		absent:  shape{"error": shape{"name": "NotFoundError", "message": "Not Found"}, "response": shape{"statusCode": 404}},
	}
	t.knows("GET /api/catalog/entities/by-query", func(a *asked) any { return a.entities(entries(a)) })
	return t.speak(token)
}

// catalogue is what the organisation wrote down.
func (a *asked) catalogue() (entries []Entry) {
	slugs := map[string]string{"github": "github.com/project-slug", "gitlab": "gitlab.com/project-slug"}
	for _, s := range a.world.services {
		entry := Entry{Name: s.name, Type: "service", Owner: s.teamName, Annotations: map[string]string{}}
		if slug, known := slugs[s.host()]; known {
			entry.Annotations[slug] = s.repo.fullName()
			if s.monorepo {
				entry.Annotations["backstage.io/source-location"] = "url:" + s.repo.htmlURL() + "/tree/main/services/" + s.name + "/"
			}
		} else {
			entry.Annotations["backstage.io/source-location"] = "url:" + s.repo.htmlURL() + "/"
		}
		entries = append(entries, entry)
		if team := (Entry{Kind: "Group", Name: s.teamName, Type: "team"}); !slices.ContainsFunc(entries, func(e Entry) bool { return e.ref() == team.ref() }) {
			entries = append(entries, team)
		}
	}
	return entries
}

func (e Entry) kind() string      { return cmp.Or(e.Kind, "Component") }
func (e Entry) namespace() string { return cmp.Or(e.Namespace, "default") }

// ref is its full name, in lower case, by which a list goes.
func (e Entry) ref() string {
	return strings.ToLower(e.kind() + ":" + e.namespace() + "/" + e.Name)
}

// Backstage's own, where nobody says how many entities a page has.
const entitiesOnPage = 20

// entities is a page of those that are asked for. Where it goes on is said by a cursor, which brings the filters of the first
// request along.
func (a *asked) entities(entries []Entry) any {
	query := a.URL.Query()
	filters, after := query["filter"], ""
	if cursor := query.Get("cursor"); cursor != "" {
		parts := strings.Split(cursor, "|")
		after, filters = parts[0], parts[1:]
	}
	wanted := slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return !e.fits(filters) })
	slices.SortFunc(wanted, func(a, b Entry) int { return strings.Compare(a.ref(), b.ref()) })
	total := len(wanted)
	for len(wanted) > 0 && wanted[0].ref() <= after {
		wanted = wanted[1:]
	}
	limit, _ := strconv.Atoi(query.Get("limit"))
	page, info := wanted[:min(len(wanted), cmp.Or(limit, entitiesOnPage))], shape{}
	if len(page) < len(wanted) {
		info["nextCursor"] = strings.Join(append([]string{page[len(page)-1].ref()}, filters...), "|")
	}
	items := []any{}
	for _, e := range page {
		items = append(items, e.shown())
	}
	return shape{"items": items, "totalItems": total, "pageInfo": info}
}

// fits says whether an entity is one of those that any of the filters lets through. A filter has conditions with commas between;
// of several on one field one has to hold.
func (e Entry) fits(filters []string) bool {
	if len(filters) == 0 {
		return true
	}
	has := map[string]string{"kind": e.kind(), "spec.type": e.Type, "metadata.name": e.Name, "metadata.namespace": e.namespace()}
	return slices.ContainsFunc(filters, func(filter string) bool {
		held := map[string]bool{}
		for condition := range strings.SplitSeq(filter, ",") {
			field, value, _ := strings.Cut(condition, "=")
			held[field] = held[field] || strings.EqualFold(has[field], value)
		}
		for _, holds := range held {
			if !holds {
				return false
			}
		}
		return true
	})
}

// shown is an entity, with the relation that Backstage makes of its owner.
func (e Entry) shown() shape {
	shown := shape{
		"apiVersion": "backstage.io/v1alpha1", "kind": e.kind(),
		"metadata": shape{"name": e.Name, "namespace": e.namespace(), "annotations": e.Annotations},
		"spec":     shape{"type": e.Type},
	}
	if e.Owner == "" {
		return shown
	}
	shown["spec"] = shape{"type": e.Type, "owner": e.Owner}
	kind, name, named := strings.Cut(e.Owner, ":")
	if !named {
		kind, name = "group", e.Owner
	}
	if !strings.Contains(name, "/") {
		name = e.namespace() + "/" + name
	}
	shown["relations"] = []any{shape{"type": "ownedBy", "targetRef": strings.ToLower(kind + ":" + name)}}
	return shown
}
