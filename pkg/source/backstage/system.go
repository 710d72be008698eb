package backstage

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares Backstage.
var System = source.System{
	Type: "backstage", Name: "Backstage", Summary: "who owns what, by its software catalogue",
	Reads: []dora.Kind{dora.KindRepository},
	Tells: []dora.Kind{},
	Rows: [][]source.Field{
		{
			{
				Key: "url", Kind: source.Address, Label: "URL", Description: "Of the backend, beneath which /api/catalog is.", Example: "https://backstage.example.org",
				Required: "the address of Backstage's backend", Meaning: "the address of the backend (`backend.baseUrl`), beneath which `/api/catalog` is",
			},
		},
		{
			{
				Key: "types", Kind: source.List, Label: "Types", Description: "Of components that are read, one a line. None: all.", Example: "service", Lines: 3,
				Form:    &source.Form{Pattern: `^[^\s,=]+$`, Allowed: "types of components, such as service"},
				Meaning: "the types (`spec.type`) of the components that are read, such as `service` (absent: all)",
			},
		},
	},
	Access: &source.Access{Ways: []source.Way{{
		Option:  source.Option{Value: "token", Label: "Token", Description: "that Backstage knows as one of external access; none where it lets in everybody"},
		Fields:  []source.Field{},
		Secrets: []source.Secret{{Name: secretToken, Label: "Token", Description: "Of backend.auth.externalAccess, of type static, that may read the catalogue. None where Backstage lets in everybody."}},
	}}},
	Permissions: []source.Permission{{Name: "catalog.entity.read", For: "components and groups; nothing is written"}},
	Limits:      "Backstage limits no requests by itself. Each reading is one request for each 500 components and groups",
	Reference:   reference,
	Settings:    func() source.Settings { return &Settings{} },
}

// reference is what there is to say beyond the table of keys.
//
//go:embed reference.md
var reference string
