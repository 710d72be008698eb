package facts_test

import (
	"fmt"
	"sort"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// tell writes down what the engine found, in the words of the naive reading.
func tell(snapshot *facts.Snapshot) []string {
	var all []string
	for _, f := range snapshot.Services {
		var told []string
		for _, d := range f.Deployments {
			told = append(told, tellDeployment(f, d)...)
		}
		var runs []string
		for _, run := range f.FailedRuns {
			runs = append(runs, "failed run "+run.Event.FullID()+" "+stamp(run.Failed))
		}
		for _, run := range f.Undecided {
			runs = append(runs, "undecided run "+run.Event.FullID()+" "+stamp(run.LastWord))
		}
		sort.Strings(runs)
		told = append(told, runs...)
		for _, i := range f.Incidents {
			text := fmt.Sprintf("incident %s names=%t", i.Event.FullID(), i.Names)
			if i.Linked != nil {
				text += " linked to " + i.Linked.Event.FullID() + " by " + string(i.By)
			}
			if i.Remedy != nil {
				text += " remedied by " + i.Remedy.Event.FullID()
			}
			for _, part := range i.Parts {
				text += " with " + part.FullID()
			}
			told = append(told, text)
		}
		for _, p := range f.Parts {
			told = append(told, "part "+p.Event.FullID()+" of "+p.Of)
		}
		var waiting []string
		for _, w := range f.Waiting {
			waiting = append(waiting, fmt.Sprintf("waiting #%d %s %s", w.Number, short(w.SHA), stamp(w.Merged)))
		}
		sort.Strings(waiting)
		told = append(told, waiting...)
		for _, reason := range sortedKeys(f.Unmeasured) {
			if f.Unmeasured[reason] > 0 {
				told = append(told, fmt.Sprintf("unmeasured %s %d", reason, f.Unmeasured[reason]))
			}
		}
		for _, line := range told {
			all = append(all, f.Service.Name+": "+line)
		}
	}
	return all
}

func tellDeployment(f *facts.Service, d *facts.Deployment) []string {
	told := []string{fmt.Sprintf("%s %s first=%t redeploy=%t rollback=%t botsOnly=%t commits=%d rework=%s", d.Event.FullID(), stamp(d.Finished),
		d.First, d.Redeploy, d.Rollback, d.BotsOnly, d.Commits, d.Rework)}
	var units []string
	for _, c := range f.Shipments().Of(d) {
		units = append(units, tellChange(c))
	}
	sort.Strings(units)
	told = append(told, units...)
	if len(d.Evidence) > 0 && !d.Failed() || d.Said != nil && d.Said.Verdict == dora.VerdictNotFailed {
		told = append(told, "  not failed, says "+d.Said.FullID())
	}
	var evidence []string
	for _, e := range d.Evidence {
		evidence = append(evidence, fmt.Sprintf("  failed: %s by %s #%d at %s", e.Kind, e.By, e.Change, stamp(e.At)))
	}
	sort.Strings(evidence)
	told = append(told, evidence...)
	if d.Recovered != nil {
		told = append(told, fmt.Sprintf("  recovered %s by %s", stamp(d.Recovered.At), d.Recovered.By))
	}
	return told
}

func tellChange(c *facts.Change) string {
	text := fmt.Sprintf("  #%d %s first=%s opened=%s review=%s approved=%s merged=%s", c.Number, short(c.SHA), stamp(c.FirstCommit), stamp(c.Opened), stamp(c.FirstReview), stamp(c.Approved), stamp(c.Merged))
	if c.Excluded != "" {
		return text + " excluded=" + string(c.Excluded)
	}
	text += " lead=" + c.Lead.String()
	for stage := facts.StageCoding; stage <= facts.StageDeploy; stage++ {
		if length, ok := c.Stages.Of(stage); ok {
			text += fmt.Sprintf(" %d:%s", stage, length)
		}
	}
	return text
}
