package jira

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// passage is a change of an issue's status.
type passage struct {
	at       time.Time
	from, to statusRecord
}

// passages are the changes of status in a history, in their order.
func passages(histories []historyRecord) (all []passage) {
	slices.SortStableFunc(histories, func(a, b historyRecord) int { return a.Created.Compare(b.Created.Time) })
	for _, h := range histories {
		for _, item := range h.Items {
			if item.FieldID == "status" || item.FieldID == "" && item.Field == "status" { // one's own field may be called status
				all = append(all, passage{h.Created.Time, statusRecord{ID: string(item.From), Name: item.FromName}, statusRecord{ID: string(item.To), Name: item.ToName}})
			}
		}
	}
	return all
}

// over says whether an issue of a status has ended: by the status's category, or because the settings say so.
func (r *run) over(s statusRecord) bool {
	category := s.Category.Key
	if category == "" {
		category = r.statuses[s.ID]
	}
	return category == done || slices.ContainsFunc(r.config.Incidents.Restored, func(name string) bool { return strings.EqualFold(name, s.Name) })
}

// gone says that a status is there no longer, so that nobody can tell its category.
func (r *run) gone(s statusRecord) bool { return r.statuses[s.ID] == "" }

// ended is when an issue ended: when it last entered a status in which it is over from one in which it is not. What comes later
// between statuses that are all over, such as a rule that closes what is resolved, is no end; nor is any change of anything else.
// It is asked of an issue that is over now.
func (r *run) ended(i *issueRecord, all []passage) time.Time {
	var end time.Time
	unsure := false
	for _, p := range all {
		unsure = unsure || r.gone(p.from) || r.gone(p.to)
		switch {
		case !r.over(p.to):
			end = time.Time{}
		case !r.over(p.from) || end.IsZero():
			end = p.at
		}
	}
	f := &i.Fields
	switch {
	case !f.Resolved.IsZero() && (end.IsZero() || unsure):
		return f.Resolved.Time
	case !end.IsZero():
		return end
	case !f.Moved.IsZero():
		return f.Moved.Time
	}
	return f.Created.Time // it was over from its beginning
}

// changesAtOnce is how many changes of how many issues the cloud gives at a time.
const changesAtOnce = 1000

// histories asks the cloud for the changes of status of some issues. A page holds changes by time, so that one issue's may be on
// several; what embeds them in an issue leaves the oldest out.
func (r *run) histories(ctx context.Context, ids []string) (map[string][]historyRecord, error) {
	found := map[string][]historyRecord{}
	var way pages.Trail
	for token := ""; ; {
		payload := map[string]any{"issueIdsOrKeys": ids, "fieldIds": []string{"status"}, "maxResults": changesAtOnce}
		if token != "" {
			payload["nextPageToken"] = token
		}
		answer, err := r.ask(ctx, "/changelog/bulkfetch", payload, http.StatusBadRequest)
		if err != nil {
			return nil, err
		}
		if answer.Status == http.StatusBadRequest {
			return nil, r.refusedSearch(answer)
		}
		told, err := wire.Decode[struct {
			Logs *[]struct {
				Issue   idText          `json:"issueId"`
				Changes []historyRecord `json:"changeHistories"`
			} `json:"issueChangeLogs"`
			Token string `json:"nextPageToken"`
		}](r.Session, "", answer)
		if err != nil {
			return nil, err
		}
		if told.Logs == nil {
			return nil, r.missing("issueChangeLogs")
		}
		for _, log := range *told.Logs {
			found[string(log.Issue)] = append(found[string(log.Issue)], log.Changes...)
		}
		if token = told.Token; token == "" {
			return found, nil
		}
		if way.Follow(len(*told.Logs), pages.Info{HasNextPage: true, EndCursor: token}) != nil {
			return nil, r.Endless("")
		}
	}
}
