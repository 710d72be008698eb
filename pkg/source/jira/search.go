package jira

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	// idsAtOnce is how many ids are listed at a time: the cloud gives so many, and a data center a thousand.
	idsAtOnce = 5000
	// reconciled is how many issues the cloud looks up in place of its index.
	reconciled = 50
)

// condition is what makes an issue an incident, in JQL.
func (r *run) condition() string { return r.within(slices.Sorted(maps.Values(r.projects))) }

func (r *run) within(keys []string) string {
	parts := []string{"project in (" + quotedAll(keys) + ")"}
	if len(r.types) > 0 {
		parts = append(parts, "issuetype in ("+quotedAll(r.types)+")")
	}
	if own := strings.TrimSpace(r.config.Incidents.JQL); own != "" {
		parts = append(parts, "("+own+")")
	}
	if none := r.config.Incidents.Dismissed; len(none) > 0 {
		parts = append(parts, "(resolution is EMPTY OR resolution not in ("+quotedAll(none)+"))")
	}
	return strings.Join(parts, " AND ")
}

// changedSince restricts a condition. Milliseconds are read alike whatever zone the account is in.
func changedSince(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return " AND updated >= " + strconv.FormatInt(at.UnixMilli(), 10)
}

func among(ids []string) string { return " AND id in (" + strings.Join(ids, ", ") + ")" }

var quotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quotedAll(texts []string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = `"` + quotes.Replace(text) + `"`
	}
	return strings.Join(all, ", ")
}

// question is one page of a search.
type question struct {
	jql       string
	fields    []string
	width     int
	token     string   // of the cloud: where the page begins
	start     int      // of a data center
	fresh     []string // of the cloud: issues that are not to come from the index
	changelog bool     // of a data center
	lenient   bool     // a refusal is no failure: an issue that is named may be there no longer
}

// found is a page.
type found struct {
	rows    []json.RawMessage
	last    bool
	next    question // the page after, of the same question
	total   int      // of a data center
	refused bool
}

// search asks for a page.
func (r *run) search(ctx context.Context, q question) (found, error) {
	path, payload := "/search", map[string]any{"jql": q.jql, "fields": q.fields, "maxResults": q.width}
	switch {
	case r.cursor.Site.Cloud:
		path += "/jql"
		if q.token != "" {
			payload["nextPageToken"] = q.token
		}
		if len(q.fresh) > 0 && len(q.fresh) <= reconciled {
			ids := make([]json.Number, len(q.fresh))
			for i, id := range q.fresh {
				ids[i] = json.Number(id)
			}
			payload["reconcileIssues"] = ids
		}
	default:
		payload["startAt"] = q.start
		if q.changelog {
			payload["expand"] = []string{"changelog"}
		}
	}
	answer, err := r.ask(ctx, path, payload, http.StatusBadRequest)
	if err != nil {
		return found{}, err
	}
	if answer.Status == http.StatusBadRequest {
		if q.lenient {
			return found{refused: true, last: true}, nil
		}
		return found{}, r.refusedSearch(answer)
	}
	told, err := wire.Decode[struct {
		Issues *[]json.RawMessage `json:"issues"`
		Token  string             `json:"nextPageToken"`
		Last   *bool              `json:"isLast"`
		Total  *int               `json:"total"`
	}](r.Session, "", answer)
	switch {
	case err != nil:
		return found{}, err
	case told.Issues == nil:
		return found{}, r.missing("issues")
	case r.cursor.Site.Cloud:
		f := found{rows: *told.Issues, last: told.Token == "", next: q}
		if told.Last != nil {
			if f.last && !*told.Last {
				return found{}, r.missing("nextPageToken")
			}
			f.last = *told.Last
		}
		f.next.token = told.Token
		return f, nil
	case told.Total == nil:
		return found{}, r.missing("total")
	}
	f := found{rows: *told.Issues, total: *told.Total, last: q.start+len(*told.Issues) >= *told.Total, next: q}
	f.next.start = q.start + len(f.rows)
	return f, nil
}

// ofJQL is how Jira begins what it says of a condition that it cannot read.
var ofJQL = regexp.MustCompile(`^(Error in the JQL Query|Field '|The value '|The operator '|The option '|Option '|Date value '|Function '|Unable to find JQL function|A value provided|An issue with key '|A value with ID '|No project|The order by clause|Unbounded JQL)`)

// refusedSearch says of which part of the settings it is that Jira cannot read the condition.
func (r *run) refusedSearch(answer *wire.Answer) error {
	said := r.Said(answer)
	if text := says(answer.Body); !r.IsGenuine(answer) && ofJQL.MatchString(text) {
		said = errors.New(wire.Quote(text))
	}
	var suspects []string
	if r.config.Incidents.JQL != "" {
		suspects = append(suspects, "incidents.jql")
	}
	if len(r.config.Incidents.Dismissed) > 0 {
		suspects = append(suspects, "incidents.dismissed")
	}
	if suspects == nil {
		return r.Failure(source.CauseAnswer, "", "Jira refused the search: nothing was read by it, and it is tried again at the next run", said)
	}
	return r.Failure(source.CauseConfiguration, "", fmt.Sprintf("Jira cannot read %s: try the condition in Jira's own search, as the account that asks", strings.Join(suspects, " or ")), said)
}

// list gives the ids of all incidents that there are and that have changed since the history begins. Whole says that none can
// have been missed, though some went while they were listed.
func (r *run) list(ctx context.Context) (ids map[string]bool, whole bool, err error) {
	q := question{jql: r.condition() + changedSince(r.request.Since) + " ORDER BY created ASC, key ASC", fields: []string{"id"}, width: idsAtOnce}
	for range rereads {
		if ids, whole, err = r.listOnce(ctx, q); err != nil || whole {
			return ids, whole, err
		}
	}
	return ids, false, nil
}

func (r *run) listOnce(ctx context.Context, q question) (map[string]bool, bool, error) {
	ids := map[string]bool{}
	var way pages.Trail
	for page := 0; ; page++ {
		f, err := r.search(ctx, q)
		if err != nil {
			return nil, false, err
		}
		before := len(ids)
		for i, text := range f.rows {
			var row issueRef
			if json.Unmarshal(text, &row) != nil || row.ID == "" {
				return nil, false, r.missing("id")
			}
			// A page begins with the last of the one before: if that is another now, some have gone, and one may have been passed over.
			if i == 0 && page > 0 && !r.cursor.Site.Cloud && !ids[row.ID] {
				return ids, false, nil
			}
			ids[row.ID] = true
		}
		if f.last || len(f.rows) == 0 && !r.cursor.Site.Cloud {
			return ids, f.last, nil
		}
		q = f.next
		if !r.cursor.Site.Cloud && len(f.rows) > 1 {
			q.start--
		}
		if way.Follow(len(ids)-before, pages.Info{HasNextPage: true, EndCursor: q.token + "/" + strconv.Itoa(q.start)}) != nil {
			return nil, false, r.Endless("")
		}
	}
}
