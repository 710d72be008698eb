package pagerduty

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// ref is another object, as far as it is told within one.
type ref struct {
	ID      string `json:"id"`
	Summary string `json:"summary"`
	Name    string `json:"name"` // where it is not only referred to
}

// called is what people call it.
func (r *ref) called() string {
	if r.Name != "" {
		return r.Name
	}
	return r.Summary
}

type incidentRecord struct {
	ID               string    `json:"id"`
	Number           int64     `json:"incident_number"`
	Title            string    `json:"title"`
	Summary          string    `json:"summary"`
	URL              string    `json:"html_url"`
	Created          time.Time `json:"created_at"`
	Updated          time.Time `json:"updated_at"`
	Resolved         time.Time `json:"resolved_at"`
	Status           string    `json:"status"`
	Urgency          string    `json:"urgency"`
	Service          ref       `json:"service"`
	Teams            []ref     `json:"teams"`
	Priority         *ref      `json:"priority"`
	Acknowledgements []struct {
		At time.Time `json:"at"`
	} `json:"acknowledgements"`
	Reason *struct {
		Type     string `json:"type"`
		Incident ref    `json:"incident"`
	} `json:"resolve_reason"`
	Body *struct {
		Details free `json:"details"`
	} `json:"body"`
	Fields []fieldRecord `json:"custom_fields"`
}

// Lacks implements wire.Record.
func (i *incidentRecord) Lacks() string {
	return wire.FirstMissing(
		wire.Need("id", i.ID == ""), wire.Need("created_at", i.Created.IsZero()), wire.Need("status", i.Status == ""), wire.Need("service.id", i.Service.ID == ""),
	)
}

func (i *incidentRecord) at() time.Time { return i.Created }
func (i *incidentRecord) key() string   { return i.ID }

// fieldRecord is a custom field of an incident.
type fieldRecord struct {
	Name  string `json:"name"`
	Title string `json:"display_name"`
	Value free   `json:"value"`
}

type entryRecord struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	Created  time.Time `json:"created_at"`
	Incident ref       `json:"incident"`
	Service  ref       `json:"service"`
}

// Lacks implements wire.Record.
func (e *entryRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", e.ID == ""), wire.Need("created_at", e.Created.IsZero()), wire.Need("incident.id", e.Incident.ID == ""))
}

func (e *entryRecord) at() time.Time { return e.Created }
func (e *entryRecord) key() string   { return e.ID }

// free is what may be anything: a text, or an object as whoever sent it made it.
type free struct{ value any }

// UnmarshalJSON implements json.Unmarshaler. The digits of numbers stay as they are.
func (f *free) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(&f.value)
}

// texts are what it says: a text as it is, and an object line by line, each after its key.
func (f free) texts() []string { return texts(f.value) }

func texts(value any) (lines []string) {
	switch v := value.(type) {
	case nil:
	case string:
		lines = append(lines, v)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			for _, line := range texts(v[key]) {
				lines = append(lines, key+": "+line)
			}
		}
	case []any:
		for _, each := range v {
			lines = append(lines, texts(each)...)
		}
	default: // numbers, true and false
		lines = append(lines, fmt.Sprint(v))
	}
	return lines
}
