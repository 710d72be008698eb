package dora

import (
	"slices"
	"time"
)

// Unlinked is why an incident is held against no deployment.
type Unlinked string

// The reasons.
const (
	UnlinkedByPerson Unlinked = "person"           // a person said that no deployment caused it
	UnlinkedNames    Unlinked = "names_another"    // its text names a deployment of another service or environment
	UnlinkedBefore   Unlinked = "nothing_deployed" // nothing was deployed before it
	UnlinkedLate     Unlinked = "outside_window"   // the latest deployment before it is longer ago than the incident window
	UnlinkedOff      Unlinked = "evidence_off"     // the definition takes no evidence from time
)

// WhyUnlinked tells why an incident of the service is linked to no deployment, and how long before it the latest one
// finished; no time where there was none. The reason is empty for an incident that is linked.
func (f *Facts) WhyUnlinked(i *IncidentFact, def *Definition) (why Unlinked, since *time.Duration) {
	for _, d := range slices.Backward(f.Deployments) {
		if !d.Finished.After(i.Event.Opened) {
			gap := i.Event.Opened.Sub(d.Finished)
			since = &gap
			break
		}
	}
	switch {
	case i.Linked != nil:
		return "", since
	case i.Said.says(VerdictUnlinked):
		return UnlinkedByPerson, since
	case i.Names:
		return UnlinkedNames, since
	case since == nil:
		return UnlinkedBefore, nil
	case !slices.Contains(def.Evidence, EvidenceIncident):
		return UnlinkedOff, since
	default:
		return UnlinkedLate, since
	}
}
