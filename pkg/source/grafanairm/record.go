package grafanairm

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// instant is a time, or an empty text where there is none.
type instant struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (i *instant) UnmarshalJSON(text []byte) error {
	if string(text) == `""` || string(text) == "null" {
		i.Time = time.Time{}
		return nil
	}
	return i.Time.UnmarshalJSON(text)
}

// previewRecord is an incident as it is listed.
type previewRecord struct {
	ID          string  `json:"incidentID"`
	Severity    string  `json:"severityLabel"`
	Drill       bool    `json:"isDrill"`
	Created     instant `json:"createdTime"`
	Modified    instant `json:"modifiedTime"`
	Closed      instant `json:"closedTime"`
	Start       instant `json:"incidentStart"`
	End         instant `json:"incidentEnd"`
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Summary     string  `json:"summary"`
	Status      string  `json:"status"`
	Slug        string  `json:"slug"`
	Labels      []struct {
		Key   string `json:"key"`
		Label string `json:"label"`
	} `json:"labels"`
	Fields []struct {
		ID    string `json:"fieldUUID"`
		Value string `json:"value"` // JSON
	} `json:"fieldValues"`
}

// Lacks implements wire.Record.
func (p *previewRecord) Lacks() string {
	return wire.FirstMissing(
		wire.Need("incidentID", p.ID == ""), wire.Need("createdTime", p.Created.IsZero()), wire.Need("modifiedTime", p.Modified.IsZero()), wire.Need("status", p.Status == ""),
	)
}

// version is an incident's, as far as it can be told from others.
func (p *previewRecord) version() string {
	return p.ID + " " + p.Modified.UTC().Format(time.RFC3339Nano)
}

// said is what the value of a custom field says: JSON within a text, or the text itself.
func said(value string) string {
	var text string
	var list []string
	switch {
	case json.Unmarshal([]byte(value), &text) == nil:
		return text
	case json.Unmarshal([]byte(value), &list) == nil:
		return strings.Join(list, ", ")
	}
	return value
}

// idOf is which incident a row is that cannot be read; empty where that cannot be read either.
func idOf(row json.RawMessage) string {
	var told struct {
		ID string `json:"incidentID"`
	}
	_ = json.Unmarshal(row, &told) // what can be read of it is
	return told.ID
}
