package world

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// IncidentIO speaks incident.io's API of incidents. What turns out to be none is in triage until somebody accepts it, and is
// canceled in the end.
func (w *World) IncidentIO(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(), secret: bearer,
		refused: shape{"type": "authentication_error", "status": 401, "errors": []any{}}, absent: shape{"type": "not_found", "status": 404, "errors": []any{}},
	}
	t.knows("GET /v2/incidents", (*asked).declared)
	t.knows("GET /v2/incidents/{id}", func(a *asked) any {
		for _, i := range a.world.tracked("incidentio") {
			if declaredID(i) == a.PathValue("id") {
				return shape{"incident": declaredAs(i)}
			}
		}
		return nil
	})
	return t.speak(token)
}

func declaredID(i *issue) string { return "01JINC" + strconv.Itoa(i.number) }

// declaredAs is an incident with the category of its status, and the two timestamps that every organisation begins with.
func declaredAs(i *issue) shape {
	status := "Investigating"
	category := "live"
	switch {
	case !i.isIncident() && i.closed.IsZero():
		status, category = "Triage", "triage"
	case !i.isIncident():
		status, category = "Canceled", "canceled"
	case !i.closed.IsZero():
		status, category = "Closed", "closed"
	}
	stamp := func(name string, at time.Time) any {
		value := shape{"incident_timestamp": shape{"id": "01J" + name, "name": name}}
		if !at.IsZero() {
			value["value"] = shape{"value": argoTime(at)}
		}
		return value
	}
	shown := shape{
		"id": declaredID(i), "reference": "INC-" + strconv.Itoa(i.number), "name": i.title, "summary": i.body, "mode": "standard", "permalink": "https://app.incident.io/example-health/incidents/" + strconv.Itoa(i.number),
		"incident_status": shape{"id": "01J" + status, "name": status, "category": category}, "created_at": argoTime(i.created), "updated_at": argoTime(i.updated),
		"incident_timestamp_values": []any{stamp("Reported at", i.created), stamp("Resolved at", i.closed)},
		"custom_field_entries": []any{shape{
			"custom_field": shape{"id": "01JSERVICE", "name": "Affected service"}, "values": []any{shape{"value_catalog_entry": shape{"id": "01J" + i.repo.name, "name": i.repo.name}}},
		}},
	}
	if level := i.sev(); level != "" {
		shown["severity"] = shape{"id": "01JSEV" + level, "name": "SEV" + level}
	}
	return shown
}

// declared is a page of the incidents, the newest first.
func (a *asked) declared() any {
	query := a.URL.Query()
	list := a.world.tracked("incidentio")
	total := len(list)
	slices.Reverse(list)
	for field, at := range map[string]func(*issue) time.Time{
		"created_at[gte]": func(i *issue) time.Time { return i.created }, "updated_at[gte]": func(i *issue) time.Time { return i.updated },
	} {
		if from, err := time.Parse(time.DateOnly, query.Get(field)); err == nil {
			list = slices.DeleteFunc(list, func(i *issue) bool { return at(i).Before(from) })
		}
	}
	if after := query.Get("after"); after != "" {
		list = list[1+slices.IndexFunc(list, func(i *issue) bool { return declaredID(i) == after }):]
	}
	width := min(250, number(query.Get("page_size"), 25))
	page, meta := []any{}, shape{"page_size": width, "total_record_count": total}
	for _, i := range list[:min(len(list), width)] {
		page = append(page, declaredAs(i))
		if len(page) == width {
			meta["after"] = declaredID(i)
		}
	}
	return shape{"incidents": page, "pagination_meta": meta}
}
