package settings

import (
	"slices"

	"github.com/livedora/dora-datasource/pkg/discover"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Given is the source as discovery has it, which repeats in its proposal what is configured, and no secret.
func (s *Source) Given() discover.Given {
	given := discover.Given{ID: s.ID, Type: s.Type, Own: source.Plain(s.Own)}
	if s.System.Access != nil {
		for name := range s.Secrets {
			if name != source.SecretWebhook {
				given.Secrets = append(given.Secrets, name)
			}
		}
	}
	slices.Sort(given.Secrets)
	if labelled, ok := s.Own.(source.Labelled); ok {
		given.ByLabels = labelled.ByLabels
	}
	return given
}
