package world

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The id of the page on which the organisation tells the public.
const statusPage = "examplehealth1"

// impacts are what Statuspage calls how bad an incident is.
var impacts = map[string]string{"1": "critical", "2": "major", "3": "minor"}

// Statuspage speaks Statuspage's management API of one page. What turns out to be none has no impact.
func (w *World) Statuspage(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(), secret: func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("Authorization"), "OAuth ") },
		refused: shape{"error": "Could not authenticate"}, absent: shape{"error": "Not found"},
	}
	t.knows("GET /v1/pages/"+statusPage, func(*asked) any { return shape{"id": statusPage, "name": "Example Health"} })
	t.knows("GET /v1/pages/"+statusPage+"/incidents", func(a *asked) any {
		list := a.world.tracked("statuspage")
		slices.Reverse(list)
		width := min(100, number(a.URL.Query().Get("limit"), 100))
		begin := min(len(list), width*(max(1, number(a.URL.Query().Get("page"), 1))-1))
		page := []any{}
		for _, i := range list[begin:min(len(list), begin+width)] {
			page = append(page, published(i))
		}
		return page
	})
	return t.speak(token)
}

// published is an incident as the public is told of it. Its id ends in its number.
func published(i *issue) any {
	id := "pub" + strconv.Itoa(i.number)
	shown := shape{
		"id": id, "name": i.title, "status": "investigating", "impact": "none", "created_at": argoTime(i.created), "started_at": argoTime(i.created), "updated_at": argoTime(i.updated),
		"resolved_at": nil, "scheduled_for": nil, "shortlink": "https://stspg.io/" + id, "components": []any{shape{"id": "c" + i.repo.name, "name": i.repo.name}},
		"incident_updates": []any{shape{"status": "investigating", "body": i.body, "created_at": argoTime(i.created), "display_at": argoTime(i.created)}},
	}
	if i.isIncident() {
		shown["impact"] = impacts[i.sev()]
	}
	if !i.closed.IsZero() {
		shown["status"], shown["resolved_at"] = "resolved", argoTime(i.closed)
	}
	return shown
}
