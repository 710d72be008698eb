package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/demo/rule"
)

// showRules evaluates every alert rule and prints what it says of each service or source. That a rule fires is no error: that it
// cannot be evaluated is.
func (d *demo) showRules(ctx context.Context, asker rule.Asker) error {
	if len(d.rules) == 0 {
		return nil
	}
	d.page.heading("Alert rules")
	var problems []error
	for _, r := range d.rules {
		instances, err := rule.Run(ctx, r, asker, time.Now())
		if err != nil {
			problems = append(problems, err)
			d.page.line("  %s %s", cell(r.Title, ruleWidth), d.page.in(red, "PROBLEM "+err.Error()))
			continue
		}
		counts := map[rule.State]int{}
		for _, each := range instances {
			counts[each.State]++
		}
		summary := fmt.Sprintf("normal for %d of %d", counts[rule.Normal]+counts[rule.NoData], len(instances))
		if counts[rule.NoData] > 0 {
			summary += fmt.Sprintf(" (%d of them without anything to measure)", counts[rule.NoData])
		}
		d.page.line("  %s %s", cell(r.Title, ruleWidth), d.page.in(green, summary))
		for _, each := range instances {
			if each.State == rule.Firing {
				d.page.line("  %s %s", cell("", ruleWidth), d.page.in(red, "firing for "+nameOfInstance(each.Labels)+valueOfInstance(each.Value)))
			}
		}
	}
	return errors.Join(problems...)
}

const ruleWidth = 32

func nameOfInstance(labels data.Labels) string {
	for _, name := range []string{"service", "source"} {
		if labels[name] != "" {
			return labels[name]
		}
	}
	return labels.String()
}

func valueOfInstance(v *float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf(" at %.4g", *v)
}
