package plugin

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// evidenceOf says in words why a deployment is held to have failed, by the names that people know, and gives the address of
// the strongest that has one.
func evidenceOf(f *facts.Service, d *facts.Deployment) (words, url string) {
	var parts []string
	for _, e := range d.Evidence {
		if d.Said != nil && e.By == d.Said.FullID() {
			continue // said below
		}
		if is(&d.Event.Header, e.By) {
			parts = append(parts, "failed in production by its own record")
			continue
		}
		name, address, lead := shortID(e.By), "", evidenceWords[e.Kind]
		switch e.Kind {
		case dora.EvidenceRollback, dora.EvidenceRemedy:
			if by := deploymentAt(f, e.By, e.At); by != nil {
				name, address = by.Event.Called(), by.Event.URL
			}
		case dora.EvidenceExplicit, dora.EvidenceIncident, dora.EvidenceManual:
			if by := incidentAt(f, e.By, e.At); by != nil {
				name, address = by.Event.Called(), by.Event.URL
			}
			if by := recordOf(f, e.By); by != nil {
				name, address, lead = by.Called(), by.URL, "named by the unsuccessful change"
			}
		}
		if url == "" {
			url = address
		}
		parts = append(parts, lead+" "+name)
	}
	if d.Said != nil {
		parts = append(parts, said(d.Said))
	}
	return strings.Join(parts, "; "), url
}

var evidenceWords = map[dora.EvidenceKind]string{
	dora.EvidenceManual:   "held by a person to have caused incident",
	dora.EvidenceExplicit: "named by incident",
	dora.EvidenceRollback: "rolled back by deployment",
	dora.EvidenceRemedy:   "mended by deployment",
	dora.EvidenceIncident: "followed by incident",
}

// deploymentAt is the service's deployment of that full id, which finished at that time; nil: there is none.
func deploymentAt(f *facts.Service, id string, at time.Time) *facts.Deployment {
	from := sort.Search(len(f.Deployments), func(i int) bool { return !f.Deployments[i].Finished.Before(at) })
	for _, d := range f.Deployments[from:] {
		if d.Finished.After(at) {
			break
		}
		if is(&d.Event.Header, id) {
			return d
		}
	}
	return nil
}

// incidentAt is the service's incident of that full id, which opened at that time; nil: there is none.
func incidentAt(f *facts.Service, id string, at time.Time) *facts.Incident {
	from := sort.Search(len(f.Incidents), func(i int) bool { return !f.Incidents[i].Event.Opened.Before(at) })
	if i := slices.IndexFunc(f.Incidents[from:], func(i *facts.Incident) bool {
		return i.Event.Opened.After(at) || is(&i.Event.Header, id)
	}); i >= 0 && is(&f.Incidents[from+i].Event.Header, id) {
		return f.Incidents[from+i]
	}
	return nil
}

// recordOf is the record of a change of that full id that speaks against a deployment of the service; nil: there is none.
func recordOf(f *facts.Service, id string) *dora.Incident {
	if i := slices.IndexFunc(f.Changes, func(c *dora.Incident) bool { return is(&c.Header, id) }); i >= 0 {
		return f.Changes[i]
	}
	return nil
}

// is says whether an event has a full id.
func is(h *dora.Header, id string) bool {
	source, own, _ := strings.Cut(id, ":")
	return h.Source == source && h.ID == own
}
