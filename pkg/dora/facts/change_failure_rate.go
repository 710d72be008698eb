package facts

import (
	"cmp"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/history"
)

// Change failure rate: failed deployments ÷ deployments. A deployment has failed where there is evidence; however much
// there is, it fails once.

// changeFailureRate are its samples: for each deployment, whether it failed.
func changeFailureRate(f *Service, _ *dora.Definition, add func(at time.Time, lane int, value float64)) {
	for _, d := range f.Deployments {
		add(d.Finished, d.lane, oneIf(d.Failed()))
	}
}

// accuse lists the evidence against the deployments of a lane that lies in its own history: rollbacks and remedies.
func (l *lane) accuse(def *dora.Definition) {
	for _, d := range l.deployments {
		if d.Rollback && d.blamed >= 0 && def.Uses(dora.EvidenceRollback) {
			blamed := l.deployments[d.blamed]
			blamed.Evidence = append(blamed.Evidence, Evidence{Kind: dora.EvidenceRollback, By: d.Event.FullID(), At: d.Finished})
		}
		for _, m := range d.mends {
			if m.blamed >= 0 && def.Uses(dora.EvidenceRemedy) {
				blamed := l.deployments[m.blamed]
				blamed.Evidence = append(blamed.Evidence, Evidence{
					Kind: dora.EvidenceRemedy, By: d.Event.FullID(), Change: m.change.number(), At: d.Finished,
				})
			}
		}
	}
}

// rank puts the strongest evidence first; of one kind, the earliest.
func (f *Service) rank() {
	strength := dora.EvidenceKind("").Allowed()
	for _, d := range f.Deployments {
		slices.SortStableFunc(d.Evidence, func(a, b Evidence) int {
			return cmp.Or(cmp.Compare(slices.Index(strength, string(a.Kind)), slices.Index(strength, string(b.Kind))), a.At.Compare(b.At))
		})
	}
}

// correct takes people's words on the service's deployments: the strongest evidence, for or against.
func (f *Service) correct(said history.Words) {
	for _, d := range f.Deployments {
		d.Said = said.OnDeployment(d.Event, f.legs[d.Event], f.Service.Name)
		if d.Said.Says(dora.VerdictFailed) {
			d.Evidence = append(d.Evidence, Evidence{Kind: dora.EvidenceManual, By: d.Said.FullID(), At: d.Said.Made})
		}
	}
}

// confess takes the word of deployments' own records that they failed in production; each tells when service was restored.
func (f *Service) confess(def *dora.Definition) {
	if !def.Uses(dora.EvidenceExplicit) {
		return
	}
	for _, d := range f.Deployments {
		restored := d.Event.Recovered
		for _, leg := range f.legs[d.Event] {
			restored = dora.Sooner(restored, leg.Recovered)
		}
		if !restored.IsZero() {
			d.Evidence = append(d.Evidence, Evidence{Kind: dora.EvidenceExplicit, By: d.Event.FullID(), At: restored})
		}
	}
}
