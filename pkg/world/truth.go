package world

import (
	"slices"
	"time"
)

// EvidenceKind is how a planned failure shows in the data.
type EvidenceKind string

// The kinds of evidence that the world leaves.
const (
	ByRollback        EvidenceKind = "rollback"         // an earlier sha was deployed again
	ByRevert          EvidenceKind = "revert"           // a later deployment shipped a revert of one of its changes
	ByHotfix          EvidenceKind = "hotfix"           // the next deployment shipped a pull request marked as a hotfix
	ByHotfixBranch    EvidenceKind = "hotfix_branch"    // the next deployment was of a hotfix/ branch, merged only afterwards
	ByIncidentID      EvidenceKind = "incident_id"      // an incident names the deployment's id
	ByIncidentSHA     EvidenceKind = "incident_sha"     // an incident names the deployed sha
	ByIncidentVersion EvidenceKind = "incident_version" // an incident names the deployed tag
	ByIncidentTime    EvidenceKind = "incident_time"    // an incident names nothing, but was opened soon after
)

// Evidence is one trace that a failure left. By is the remedying deployment's id, or the incident's issue number.
type Evidence struct {
	Kind EvidenceKind
	By   int64
	At   time.Time // when it became visible
}

// Failure is a production deployment that was planned to go wrong and did.
type Failure struct {
	Deployment int64
	SHA        string
	Evidence   []Evidence
}

// ServiceTruth is what was planned for one service and has happened by now.
type ServiceTruth struct {
	Deployments int       // production deployments that succeeded: releases, redeploys, rollbacks, hotfixes
	FailedRuns  int       // production deployments that never succeeded
	Redeploys   int       // of Deployments: the sha that was running already
	Rollbacks   int       // of Deployments: an earlier sha again
	Failures    []Failure // in the order in which the first evidence showed

	// Shipped are the numbers of the service's own pull requests that each of Deployments was to bring, by its id; one
	// that was to bring none is not in it.
	Shipped map[int64][]int

	Incidents  []int // issue numbers that carry the incident label, in order of opening
	Unrelated  []int // of Incidents: opened more than a day after the service's latest deployment, naming nothing
	Withdrawn  []int // issues whose incident label was removed; not among Incidents
	Unresolved []int // of Incidents: still open
}

// Truth is what was planned, for tests, by service.
//
// It holds no derived figure. Failures are complete for a reading that takes every kind of evidence with a window of 24 hours;
// a hotfix_branch failure always leaves an incident too, since how an unmerged branch counts as a hotfix is the reader's definition.
// Where Deploy overtakes a repair that was under way, the repair still ships later, but is planned by nobody: it is not in here.
type Truth struct {
	Services map[string]ServiceTruth
}

// Truth is safe to call while the world lives; what it returns is the caller's own.
func (w *World) Truth() Truth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	truth := Truth{Services: map[string]ServiceTruth{}}
	for _, s := range w.services {
		t := s.truth
		t.Failures = slices.Clone(t.Failures)
		for i := range t.Failures {
			t.Failures[i].Evidence = slices.Clone(t.Failures[i].Evidence)
		}
		t.Shipped = map[int64][]int{}
		for _, d := range s.released {
			for _, c := range d.shipped {
				if c.pull != nil {
					t.Shipped[d.id] = append(t.Shipped[d.id], c.pull.number)
				}
			}
		}
		t.Incidents, t.Unrelated, t.Withdrawn, t.Unresolved = nil, nil, nil, nil
		for _, inc := range s.incidents {
			switch {
			case inc.withdrawn:
				t.Withdrawn = append(t.Withdrawn, inc.issue.number)
				continue
			case inc.unrelated:
				t.Unrelated = append(t.Unrelated, inc.issue.number)
			}
			t.Incidents = append(t.Incidents, inc.issue.number)
			if inc.issue.closed.IsZero() {
				t.Unresolved = append(t.Unresolved, inc.issue.number)
			}
		}
		truth.Services[s.name] = t
	}
	return truth
}

// failed records evidence against a deployment.
func (s *service) failed(d *deployment, kind EvidenceKind, by int64, at time.Time) {
	e := Evidence{Kind: kind, By: by, At: at}
	for i := range s.truth.Failures {
		if s.truth.Failures[i].Deployment == d.id {
			s.truth.Failures[i].Evidence = append(s.truth.Failures[i].Evidence, e)
			return
		}
	}
	s.truth.Failures = append(s.truth.Failures, Failure{Deployment: d.id, SHA: d.commit.sha, Evidence: []Evidence{e}})
}
