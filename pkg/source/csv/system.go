package csv

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares a list.
var System = source.System{
	Type: "csv", Name: "List of owners", Summary: "who owns what, by a list in CSV at an address",
	Reads: []dora.Kind{dora.KindRepository},
	Tells: []dora.Kind{},
	Rows: [][]source.Field{{
		{
			Key: "url", Kind: source.Address, Label: "URL", Description: "Where the list is.", Example: "https://example.org/owners.csv",
			Required: "the address of the list", Meaning: "where the list is, without a log-in",
		},
	}},
	Access: &source.Access{Ways: []source.Way{{
		Option:  source.Option{Value: "token", Label: "Token", Description: "that the host wants; none where everybody may read the list"},
		Fields:  []source.Field{},
		Secrets: []source.Secret{{Name: secretToken, Label: "Token", Description: "Sent as Authorization: Bearer. None where everybody may read the list."}},
	}}},
	Permissions: []source.Permission{{Name: "to read the list", For: "its lines; nothing is written"}},
	Limits:      "One request each reading, which is answered by 304 where the host knows that the list is as it was",
	Reference:   reference,
	Settings:    func() source.Settings { return &Settings{} },
}

// reference is what there is to say beyond the table of keys.
//
//go:embed reference.md
var reference string
