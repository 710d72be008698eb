package dataset

import (
	"fmt"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/source"
)

// InForce lists the services in force, and which entries make them.
func (d *Dataset) InForce() []history.InForce {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.history.InForce()
}

// quietNews is for how long after its last deployment it is told that a service has gone quiet.
const quietNews = 60 * 24 * time.Hour

// News says of a source which services are new, and which have lately gone quiet: a sentence each.
func (d *Dataset) News(id string, now time.Time) (sentences []string) {
	s := d.Snapshot()
	var fresh, quiet []string
	for _, f := range s.Services {
		if len(f.Service.Deployments) == 0 || f.Service.Deployments[0].Source != id {
			continue
		}
		switch pace, since := s.PaceOf(f, now); {
		case pace == facts.PaceNew:
			fresh = append(fresh, f.Service.Name)
		case pace == facts.PaceQuiet && now.Sub(since) < quietNews:
			quiet = append(quiet, f.Service.Name)
		}
	}
	if len(fresh) > 0 {
		sentences = append(sentences, fmt.Sprintf("New here: %s.", source.Listed(fresh)))
	}
	if len(quiet) > 0 {
		sentences = append(sentences, fmt.Sprintf("Gone quiet, against their habit: %s.", source.Listed(quiet)))
	}
	return sentences
}
