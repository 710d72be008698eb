package dora

import (
	"cmp"
	"time"
)

// Correction is a person's word on a deployment or an incident: manual evidence, the strongest there is. It is an event
// like any other: it is stored, shown where it applies, and can be undone.
type Correction struct {
	Header
	Verdict Verdict `json:"verdict"`
	// Deployment is the full id of the deployment that the word is about; with VerdictLinked, of the one that the
	// incident is held against.
	Deployment string `json:"deployment,omitempty"`
	// Incident is the full id of the incident that the word is about; exactly one of the two is what it is about.
	Incident string `json:"incident,omitempty"`
	// Service is the only service for which the word counts; empty: every service that has the deployment or incident.
	Service string    `json:"service,omitempty"`
	Reason  string    `json:"reason"`
	Author  string    `json:"author"`
	Made    time.Time `json:"made"`
	// Undone says that the word was taken back, and UndoneBy by whom. What was said stays on record.
	Undone   bool   `json:"undone,omitempty"`
	UndoneBy string `json:"undoneBy,omitempty"`
}

// CorrectionsSource is the source of every correction: people.
const CorrectionsSource = "corrections"

// Verdict is what a correction says.
type Verdict string

// The verdicts.
const (
	VerdictFailed    Verdict = "failed"     // this deployment failed, whatever the evidence
	VerdictNotFailed Verdict = "not_failed" // this deployment did not fail, whatever the evidence
	VerdictLinked    Verdict = "linked"     // this deployment caused this incident
	VerdictUnlinked  Verdict = "unlinked"   // no deployment caused this incident
	VerdictIgnored   Verdict = "ignored"    // this deployment, or this incident, is none
)

// Allowed lists the verdicts.
func (Verdict) Allowed() []string {
	return []string{string(VerdictFailed), string(VerdictNotFailed), string(VerdictLinked), string(VerdictUnlinked), string(VerdictIgnored)}
}

// Says tells whether a word, which may be missing, is a verdict.
func (c *Correction) Says(v Verdict) bool { return c != nil && c.Verdict == v }

// After says whether a word was said after another.
func (c *Correction) After(other *Correction) bool {
	return cmp.Or(c.Made.Compare(other.Made), cmp.Compare(c.ID, other.ID)) > 0
}
