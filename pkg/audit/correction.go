package audit

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// CorrectionLine is a person's word on a deployment or an incident.
type CorrectionLine struct {
	ID         string    `json:"id"`
	Verdict    string    `json:"verdict"`
	Deployment string    `json:"deployment,omitempty"`
	Incident   string    `json:"incident,omitempty"`
	Service    string    `json:"service,omitempty"` // the only one that it counts for
	Reason     string    `json:"reason"`
	Author     string    `json:"author"`
	Made       time.Time `json:"made"`
	Undone     bool      `json:"undone,omitempty"`
	UndoneBy   string    `json:"undoneBy,omitempty"`
}

// Correction is the line of a word; nil if there is none.
func Correction(c *dora.Correction) *CorrectionLine {
	if c == nil {
		return nil
	}
	return &CorrectionLine{
		ID: c.FullID(), Verdict: string(c.Verdict), Deployment: c.Deployment, Incident: c.Incident, Service: c.Service,
		Reason: c.Reason, Author: c.Author, Made: c.Made.UTC(), Undone: c.Undone, UndoneBy: c.UndoneBy,
	}
}
