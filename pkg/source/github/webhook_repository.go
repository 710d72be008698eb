package github

import "github.com/livedora/dora-datasource/pkg/source"

// toldRepository has everything looked at when a repository is called otherwise, is another's or is gone: what that means
// for the others, and for the names that the settings have, the whole list tells.
func (s *Source) toldRepository(_ string, p *payload) (source.Received, error) {
	action, err := p.Action.needed("action")
	if err != nil {
		return source.Received{}, err
	}
	switch *action {
	case "renamed", "transferred", "deleted":
		return source.Received{Everything: true}, nil
	}
	return source.Received{Ignored: "this changes nothing that figures need"}, nil
}
