package world

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// GrafanaIRM speaks the incidents' part of Grafana IRM's API. What turns out to be none was a drill.
func (w *World) GrafanaIRM(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(), secret: bearer,
		refused: shape{"title": "Unauthorized", "status": 401}, absent: shape{"title": "Not Found", "status": 404},
	}
	t.knows("POST /api/plugins/grafana-irm-app/resources/api/v1/IncidentsService.QueryIncidentPreviews", (*asked).previews)
	return t.speak(token)
}

// irmSeverities are what Grafana IRM calls how bad an incident is.
var irmSeverities = map[string]string{"1": "Critical", "2": "Major", "3": "Minor", "": "Pending"}

// previewed is an incident as it is listed. A time that is not set is an empty text.
func previewed(i *issue) shape {
	shown := shape{
		"incidentID": strconv.Itoa(i.number), "title": i.title, "description": i.body, "summary": "", "slug": "incident", "severityLabel": irmSeverities[i.sev()], "isDrill": !i.isIncident(),
		"createdTime": argoTime(i.created), "modifiedTime": argoTime(i.updated), "incidentStart": argoTime(i.created), "incidentEnd": "", "closedTime": "", "status": "active",
		"labels": []any{shape{"key": "service", "label": i.repo.name}}, "fieldValues": []any{},
	}
	if !i.closed.IsZero() {
		shown["status"], shown["incidentEnd"], shown["closedTime"] = "resolved", argoTime(i.closed), argoTime(i.closed)
	}
	return shown
}

// previews is a page of the list, the newest by a field first.
func (a *asked) previews() any {
	var request struct {
		Query struct {
			Limit      int
			OrderField string
		}
		Cursor struct{ NextValue string }
	}
	if json.NewDecoder(http.MaxBytesReader(nil, a.Body, longestQuery)).Decode(&request) != nil {
		return nil
	}
	at := func(i *issue) time.Time { return i.created }
	if request.Query.OrderField == "modifiedTime" {
		at = func(i *issue) time.Time { return i.updated }
	}
	list := a.world.tracked("grafanairm")
	slices.SortStableFunc(list, func(x, y *issue) int { return at(y).Compare(at(x)) })
	begin := 0
	if request.Cursor.NextValue != "" {
		begin = 1 + slices.IndexFunc(list, func(i *issue) bool { return strconv.Itoa(i.number) == request.Cursor.NextValue })
	}
	end := min(len(list), begin+min(100, max(1, request.Query.Limit)))
	page, next := []any{}, shape{"nextValue": "", "hasMore": false}
	for _, i := range list[begin:end] {
		page = append(page, previewed(i))
	}
	if end < len(list) {
		next = shape{"nextValue": strconv.Itoa(list[end-1].number), "hasMore": true}
	}
	return shape{"incidentPreviews": page, "cursor": next}
}
