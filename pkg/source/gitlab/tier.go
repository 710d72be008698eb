package gitlab

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// GitLab says of each environment what it is for, its tier; but not in a deployment. Where a service goes by tiers the
// environments are read, a request for a hundred; and where one has another tier than before, so do the deployments
// that went there, which are read again.

// retierBits leaves room in a deployment's rank for its steps.
const retierBits = 3

// readTiers reads the environments' tiers, where a service goes by them.
func (s *projectSync) readTiers(ctx context.Context) error {
	goesBy := slices.ContainsFunc(s.config.Served, func(service dora.Service) bool {
		return slices.ContainsFunc(service.Deployments, func(rule dora.DeploymentRule) bool { return rule.Tier != "" })
	})
	if !goesBy {
		return nil
	}
	rows, _, err := all[environmentRecord](ctx, s.run, s.part, of(s.state.ID)+"/environments", url.Values{},
		func(e *environmentRecord) string { return strconv.FormatInt(e.ID, 10) })
	if err != nil {
		return err
	}
	tiers := map[string]string{}
	for _, row := range rows {
		tiers[row.Name] = row.Tier
	}
	changed := false
	for name, before := range s.state.Tiers {
		now, still := tiers[name]
		changed = changed || still && now != before
		if !still { // what was deployed into one that is gone stays what it was
			tiers[name] = before
		}
	}
	if changed || !s.state.Tiered && !s.state.Deployments.Mark.IsZero() {
		s.state.Retiered++
		s.state.Deployments = stream{}
	}
	s.state.Tiers, s.state.Tiered = tiers, true
	return nil
}
