package gitlab_test

import "github.com/livedora/dora-datasource/pkg/dora"

// withdrawnLeftOut leaves out of a ledger what was taken back, which a new one never hears of.
func withdrawnLeftOut(l *ledger) {
	for key, e := range l.events {
		switch e := e.(type) {
		case *dora.Incident:
			if e.Withdrawn {
				delete(l.events, key)
			}
		case *dora.Deployment:
			if e.Withdrawn {
				delete(l.events, key)
			}
		case *dora.Change:
			if e.Withdrawn {
				delete(l.events, key)
			}
		}
	}
}
