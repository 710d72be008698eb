package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// checkRule says what is wrong with an entry of services that is a rule.
func checkRule(at string, s *dora.Service, fail func(field, format string, args ...any)) {
	if s.Match == nil {
		return
	}
	m := s.Match
	if !m.Tells() {
		fail(at+".match", "says nothing; allowed: at least one of source, repository, group, topic, property, environment, tier, task, tagPrefix, path")
	}
	if strings.ContainsAny(m.TagPrefix.String(), "*?") {
		fail(at+".match.tagPrefix", "%q is not allowed: what it begins with must be told; allowed: text and {word}, such as {service}-v", m.TagPrefix)
	}
	if strings.ContainsAny(m.Tier.String(), "*?{") {
		fail(at+".match.tier", "%q is not allowed; allowed: a tier, such as production", m.Tier)
	}
	if path := m.Path.String(); path != "" && (!strings.HasSuffix(path, "/**") || strings.HasPrefix(path, "/") || strings.ContainsAny(strings.TrimSuffix(path, "/**"), "*?!")) {
		fail(at+".match.path", "%q is not allowed; allowed: the folders of services, from the repository's root, such as packages/{service}/**", path)
	}
	words := m.Words()
	ask := func(field, text string) {
		for _, word := range dora.WordsIn(text) {
			if !slices.Contains(words, word) {
				fail(at+"."+field, "{%s} is in no pattern of match; allowed: {%s}", word, strings.Join(words, "}, {"))
				return
			}
		}
	}
	ask("name", s.Name)
	ask("team", s.Team)
	for n, team := range s.Teams {
		ask(fmt.Sprintf("teams[%d]", n), team)
	}
	for j, entry := range s.Deployments {
		field := fmt.Sprintf("deployments[%d].", j)
		ask(field+"repository", entry.Repository)
		ask(field+"environment", entry.Environment.String())
		ask(field+"tier", entry.Tier)
		ask(field+"tagPrefix", entry.TagPrefix)
		ask(field+"task", entry.Task)
		for n, path := range entry.Paths {
			ask(fmt.Sprintf("%spaths[%d]", field, n), path.String())
		}
		if entry.Code != nil {
			ask(field+"code.repository", entry.Code.Repository)
		}
	}
	for j, entry := range s.Incidents {
		field := fmt.Sprintf("incidents[%d].", j)
		ask(field+"repository", entry.Repository)
		ask(field+"service", entry.Service)
		for n, label := range entry.Labels {
			ask(fmt.Sprintf("%slabels[%d]", field, n), label)
		}
		for n, label := range entry.ExcludeLabels {
			ask(fmt.Sprintf("%sexcludeLabels[%d]", field, n), label)
		}
	}
}
