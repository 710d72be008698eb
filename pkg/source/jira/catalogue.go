package jira

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// fieldIDs are the ids of the fields that settings name; a name may be that of several.
type fieldIDs struct {
	severity []string
	services []string
	same     []string
	opened   []string
	resolved []string
}

func (f *fieldIDs) all() []string {
	return slices.Concat(f.severity, f.services, f.same, f.opened, f.resolved)
}

// meet makes sure that Jira knows us, and learns what it is, which projects it has and what things are called there.
func (r *run) meet(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.findSite, r.knowUs, r.findProjects, r.findTypes, r.findFields} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// findSite asks once what kind of Jira it is.
func (r *run) findSite(ctx context.Context) error {
	if r.cursor.Site != nil && r.cursor.Site.Root == r.root {
		return nil
	}
	told, err := one[siteRecord](ctx, r, "/serverInfo")
	if err != nil {
		return err
	}
	s := &site{Root: r.root, Cloud: strings.EqualFold(told.Deployment, "cloud"), Base: strings.TrimRight(told.Base, "/")} // a data center says Server
	if !dora.IsAddress(s.Base) {
		s.Base = r.root
	}
	r.cursor.Site = s
	return nil
}

// projectsAtOnce is how many projects are listed at a time, and keysAtOnce how many are asked for by their keys.
const (
	projectsAtOnce = 100
	keysAtOnce     = 50
)

// findProjects lists those that are selected and that we may see.
func (r *run) findProjects(ctx context.Context) error {
	r.projects = map[string]string{}
	var rows []*projectRecord
	var err error
	switch keys := r.named(); {
	case !r.cursor.Site.Cloud:
		rows, err = all[projectRecord](ctx, r, "/project")
	case keys == nil:
		rows, err = r.searchProjects(ctx, nil)
	default:
		for some := range slices.Chunk(keys, keysAtOnce) {
			var more []*projectRecord
			if more, err = r.searchProjects(ctx, some); err != nil {
				break
			}
			rows = append(rows, more...)
		}
	}
	for _, row := range rows {
		if r.selection.Takes(row.Key) {
			r.projects[row.ID] = row.Key
		}
	}
	return err
}

// named are the keys of the projects where all are named; nil where any is picked by a pattern.
func (r *run) named() []string {
	var keys []string
	for _, each := range r.config.Projects {
		each = strings.ToUpper(strings.TrimSpace(each))
		switch {
		case strings.HasPrefix(each, "!"):
		case strings.ContainsAny(each, "*?"):
			return nil
		default:
			keys = append(keys, each)
		}
	}
	return keys
}

// searchProjects lists the cloud's projects, of some keys or all. The list moves where projects come and go: one that has not as
// many as it says is read again.
func (r *run) searchProjects(ctx context.Context, keys []string) ([]*projectRecord, error) {
	type page struct {
		Values *[]*projectRecord `json:"values"`
		Total  int               `json:"total"`
		Last   bool              `json:"isLast"`
	}
	for tries := 0; ; tries++ {
		found, total := map[string]*projectRecord{}, 0
		var way pages.Trail
		for at, last := 0, false; !last; {
			query := url.Values{"startAt": {strconv.Itoa(at)}, "maxResults": {strconv.Itoa(projectsAtOnce)}, "orderBy": {"key"}}
			if keys != nil {
				query["keys"] = keys
			}
			answer, err := r.ask(ctx, "/project/search?"+query.Encode(), nil)
			if err != nil {
				return nil, err
			}
			p, err := wire.Decode[page](r.Session, "", answer)
			if err != nil {
				return nil, err
			}
			rows, err := listed(r, p.Values)
			if err != nil {
				return nil, err
			}
			for _, row := range rows {
				found[row.ID] = row
			}
			at, total, last = at+len(rows), p.Total, p.Last || at+len(rows) >= p.Total
			if way.Follow(len(rows), pages.Info{HasNextPage: !last, EndCursor: strconv.Itoa(at)}) != nil {
				return nil, r.Endless("")
			}
		}
		if len(found) >= total || tries == rereads {
			return slices.Collect(maps.Values(found)), nil
		}
	}
}

// rereads bounds how often a list that moved is read again.
const rereads = 3

// absent are the failures of projects that are named and not there.
func (r *run) absent() (failures []error) {
	for _, name := range r.selection.ByName() {
		if r.selection.Excludes(name) || slices.ContainsFunc(slices.Collect(maps.Values(r.projects)), func(key string) bool { return strings.EqualFold(key, name) }) {
			continue
		}
		failures = append(failures, r.Failure(source.CauseNotFound, name, fmt.Sprintf("there is no project with the key %s, or the account may not see it: check the key, and give the account the permission Browse Projects there", name), nil))
	}
	return failures
}

func (r *run) noProject() error {
	return r.Failure(source.CauseNotFound, "", fmt.Sprintf("the account sees no project whose key projects has (%s): check them, and give the account the permission Browse Projects", source.Listed(r.config.Projects)), nil)
}

// systemPrefix is what service projects put before the types that they come with.
const systemPrefix = "[system] "

func typeName(name string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), systemPrefix)
}

// findTypes finds the issue types by their names. Several may be of one name: projects that a team manages have their own.
func (r *run) findTypes(ctx context.Context) error {
	wanted := r.config.types()
	if len(wanted) == 0 {
		return nil
	}
	rows, err := all[namedRecord](ctx, r, "/issuetype")
	if err != nil {
		return err
	}
	for _, name := range wanted {
		found := false
		for _, row := range rows {
			if typeName(row.Name) == typeName(name) || row.Untranslated != "" && typeName(row.Untranslated) == typeName(name) {
				r.types, found = append(r.types, row.ID), true
			}
		}
		if !found {
			names := []string{}
			for _, row := range rows {
				if !slices.Contains(names, row.Name) {
					names = append(names, row.Name)
				}
			}
			slices.Sort(names)
			return r.Failure(source.CauseConfiguration, "", fmt.Sprintf("incidents.types: no issue type that the account can see is called %s; there are: %s", name, source.Listed(names)), nil)
		}
	}
	slices.Sort(r.types)
	return nil
}

// findFields finds the fields by their names or ids. What settings do not name may be missing.
func (r *run) findFields(ctx context.Context) error {
	rows, err := all[namedRecord](ctx, r, "/field")
	if err != nil {
		return err
	}
	find := func(key string, names []string, needed bool) (ids []string, err error) {
		for _, name := range names {
			before := len(ids)
			for _, row := range rows {
				if strings.EqualFold(row.Name, name) || strings.EqualFold(row.Untranslated, name) || strings.EqualFold(row.ID, name) {
					ids = append(ids, row.ID)
				}
			}
			if needed && len(ids) == before {
				return nil, r.Failure(source.CauseConfiguration, "", fmt.Sprintf("incidents.%s: no field that the account can see is called %s: check its name or id", key, name), nil)
			}
		}
		return ids, nil
	}
	own := &r.config.Incidents
	severity, services := []string{own.SeverityField}, own.ServiceFields
	if own.SeverityField == "" {
		severity = []string{"Severity"}
	}
	if len(services) == 0 {
		services = []string{"Affected services", "Affected service", "components"}
	}
	if r.fields.severity, err = find("severityField", severity, own.SeverityField != ""); err != nil {
		return err
	}
	if r.fields.services, err = find("serviceFields", services, len(own.ServiceFields) > 0); err != nil {
		return err
	}
	if r.fields.opened, err = find("openedFields", own.OpenedFields, true); err != nil {
		return err
	}
	if r.fields.resolved, err = find("resolvedFields", own.ResolvedFields, true); err != nil {
		return err
	}
	r.fields.same, err = find("sameFields", own.SameFields, true)
	return err
}

// findStatuses asks which statuses are done.
func (r *run) findStatuses(ctx context.Context) error {
	if r.statuses != nil {
		return nil
	}
	rows, err := all[statusRecord](ctx, r, "/status")
	if err != nil {
		return err
	}
	r.statuses = map[string]string{}
	for _, row := range rows {
		r.statuses[row.ID] = row.Category.Key
	}
	return nil
}

// wanted is a digest of all that decides what an incident is and what is read of it, but for the projects.
func (r *run) wanted() string {
	text, _ := json.Marshal([]any{r.config.URL, r.config.Incidents, r.fields.severity, r.fields.services, r.fields.same, r.fields.opened, r.fields.resolved}) // texts: it cannot fail
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
