package mapping

import (
	"cmp"
	"regexp"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// fillDeployments is an entry of a rule's deployments, as one of a service: what it does not say is that of the repository, or
// of the part, that the rule takes.
func fillDeployments(entry *dora.DeploymentRule, t *Told, part *dora.DeploymentRule, c dora.Captures) dora.DeploymentRule {
	fill := func(text string) string { return c.Fill(text, func(text string) string { return text }) }
	filled := dora.DeploymentRule{
		Source: cmp.Or(entry.Source, t.Source), Repository: cmp.Or(fill(entry.Repository), t.Repository),
		Environment: entry.Environment, Tier: fill(entry.Tier), TagPrefix: fill(entry.TagPrefix), Task: fill(entry.Task), Code: entry.Code,
	}
	if text := entry.Environment.String(); text != "" {
		if quoted := c.Fill(text, regexp.QuoteMeta); quoted != text {
			filled.Environment, _ = dora.NewPattern(quoted) // it compiles without what is filled in, which is quoted
		}
	}
	if entry.Code != nil && entry.Code.Repository != "" {
		filled.Code = &dora.Code{Source: entry.Code.Source, Repository: fill(entry.Code.Repository)}
	}
	for _, glob := range entry.Paths {
		var path dora.Glob
		if path.UnmarshalText([]byte(fill(glob.String()))) == nil {
			filled.Paths = append(filled.Paths, path)
		}
	}
	if part == nil {
		return filled
	}
	if filled.Environment.IsZero() && filled.Tier == "" {
		filled.Environment, filled.Tier = part.Environment, part.Tier
	}
	filled.TagPrefix, filled.Task = cmp.Or(filled.TagPrefix, part.TagPrefix), cmp.Or(filled.Task, part.Task)
	if len(filled.Paths) == 0 {
		filled.Paths = part.Paths
	}
	filled.Above = part.Above
	return filled
}

// fillIncidents is an entry of a rule's incidents, as one of a service.
func fillIncidents(entry *dora.IncidentRule, fill func(string) string) dora.IncidentRule {
	all := func(texts []string) (filled []string) {
		for _, text := range texts {
			filled = append(filled, fill(text))
		}
		return filled
	}
	return dora.IncidentRule{
		Source: entry.Source, Repository: fill(entry.Repository), Service: fill(entry.Service),
		Labels: all(entry.Labels), ExcludeLabels: all(entry.ExcludeLabels),
	}
}
