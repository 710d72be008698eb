package dora

import (
	"cmp"
	"maps"
	"slices"
	"strings"
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

// subject is the full id of what a word is about, as it is called now.
func (h *History) subject(c *Correction) string {
	if c.Incident != "" {
		return h.now(c.Incident, c.Made)
	}
	return h.now(c.Deployment, c.Made)
}

// says tells whether a word, which may be missing, is a verdict.
func (c *Correction) says(v Verdict) bool { return c != nil && c.Verdict == v }

// words are what people said, by the full id of what it is about, as nameOf has it.
type words map[string][]*Correction

// inForce is the word that counts for a service: of those that were not taken back, the last that was made. nil if
// nobody said anything.
func (w words) inForce(subject, service string) *Correction {
	var last *Correction
	for _, c := range w[subject] {
		if c.Undone || (c.Service != "" && c.Service != service) {
			continue
		}
		if last == nil || c.after(last) {
			last = c
		}
	}
	return last
}

// onDeployment is the word on a deployment of a service that counts: the last on any of its legs.
func (w words) onDeployment(d *Deployment, f *Facts) (last *Correction) {
	if len(w) == 0 {
		return nil // a full id for each deployment would cost more than all else
	}
	legs := f.legs[d]
	if legs == nil {
		return w.inForce(nameOf(d.Header, d.Repository), f.Service.Name)
	}
	for _, leg := range legs {
		if c := w.inForce(nameOf(leg.Header, leg.Repository), f.Service.Name); c != nil && (last == nil || c.after(last)) {
			last = c
		}
	}
	return last
}

// after says whether a word was said after another.
func (c *Correction) after(other *Correction) bool {
	return cmp.Or(c.Made.Compare(other.Made), cmp.Compare(c.ID, other.ID)) > 0
}

func (h *History) applyCorrection(e *Correction) {
	if old := h.corrections[e.FullID()]; old != nil {
		if !e.NewerThan(old.Header) {
			return
		}
		h.touchCorrected(old)
	}
	if h.saidShared {
		h.said, h.saidShared = maps.Clone(h.said), false
	}
	if old := h.corrections[e.FullID()]; old != nil {
		about := h.subject(old)
		h.said[about] = slices.DeleteFunc(slices.Clone(h.said[about]), func(c *Correction) bool { return c == old })
	}
	h.corrections[e.FullID()] = e
	about := h.subject(e)
	h.said[about] = append(slices.Clip(h.said[about]), e)
	h.touchCorrected(e)
}

// refile puts every word where it belongs, as things are called now.
func (h *History) refile() {
	h.said, h.saidShared = words{}, false
	for _, c := range h.Corrections() {
		about := h.subject(c)
		h.said[about] = append(h.said[about], c)
	}
}

// touchCorrected marks the services of what a word is about.
func (h *History) touchCorrected(c *Correction) {
	h.version++
	if h.everything {
		return
	}
	if r, d := h.deployment(h.now(c.Deployment, c.Made)); d != nil {
		h.touch(r)
	}
	if i := h.incidents[h.now(c.Incident, c.Made)]; i != nil {
		h.touchIncident(i.event)
	}
}

// deployment finds a deployment by its full id, as nameOf has it; nil if it is not known.
func (h *History) deployment(name string) (*repository, *Deployment) {
	source, id, _ := strings.Cut(name, ":")
	repository, _, _ := strings.Cut(id, ":")
	if r := h.repositories[repositoryKey{source, repository}]; r != nil {
		if d := r.deployments[id[len(repository):]]; d != nil {
			return r, d
		}
	}
	for key, r := range h.repositories {
		if key.source == source {
			if d := r.deployments[id]; d != nil {
				return r, d
			}
		}
	}
	return nil, nil
}

// Deployment finds a deployment by its full id; nil if it is not known.
func (h *History) Deployment(fullID string) *Deployment {
	_, d := h.deployment(h.now(fullID, time.Now()))
	return d
}

// Incident finds an incident by its full id; nil if it is not known.
func (h *History) Incident(fullID string) *Incident {
	if i := h.incidents[h.now(fullID, time.Now())]; i != nil {
		return i.event
	}
	return nil
}

// Corrections lists every word that was said, those that were taken back too, by when they were made.
func (h *History) Corrections() []*Correction {
	return slices.SortedFunc(maps.Values(h.corrections), func(a, b *Correction) int {
		return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID))
	})
}

// correct takes people's words on the service's deployments: the strongest evidence, for or against.
func (h *History) correct(f *Facts) {
	for _, d := range f.Deployments {
		d.Said = h.said.onDeployment(d.Event, f)
		if d.Said.says(VerdictFailed) {
			d.Evidence = append(d.Evidence, Evidence{Kind: EvidenceManual, By: d.Said.FullID(), At: d.Said.Made})
		}
	}
}

// attributed lists the incidents that people hold against the service's deployments, though its settings leave them to
// others.
func (h *History) attributed(f *Facts, byID map[string]*DeploymentFact) []*incident {
	var found []*incident
	for _, c := range h.corrections {
		if c.Verdict != VerdictLinked {
			continue
		}
		about := h.now(c.Incident, c.Made)
		i := h.incidents[about]
		if i != nil && !i.event.Withdrawn && !h.out(i.place()) && byID[h.now(c.Deployment, c.Made)] != nil && h.said.inForce(about, f.Service.Name) == c {
			found = append(found, i)
		}
	}
	return found
}
