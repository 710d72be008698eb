package grafanairm

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares Grafana IRM.
var System = source.System{
	Type: "grafanairm", Name: "Grafana IRM", Summary: "incidents of a stack of Grafana Cloud",
	Reads: []dora.Kind{dora.KindIncident},
	Tells: []dora.Kind{dora.KindIncident},
	Rows: [][]source.Field{
		{{
			Key: "url", Kind: source.Address, Label: "URL", Description: "Of the stack.", Example: "https://example-health.grafana.net",
			Required: "the stack's address, such as https://STACK.grafana.net",
			Meaning:  "the stack's address, such as `https://STACK.grafana.net`",
		}},
		{
			{
				Key: "incidents.service", Kind: source.Text, Label: "Service label", Description: "The label or custom field that names the service.", Default: serviceField, Width: 30,
				Meaning: "the label or custom field whose value is the incident's service (absent: `service`)",
			},
			{
				Key: "incidents.references", Kind: source.Flag, Label: "Links", Description: "Read incidents' links to other systems' records: a request for each that changed.",
				Meaning: "whether the links of incidents to records of other systems are read, so that the two are one incident; a request for each that changed (absent: they are not)",
			},
		},
	},
	Access: &source.Access{Ways: []source.Way{{
		Option: source.Option{Value: "token", Label: "Service account token", Description: "of the stack"},
		Fields: []source.Field{},
		Secrets: []source.Secret{{
			Name: secretToken, Label: "Token", Description: "Of a service account of the stack with the role Viewer, from Administration, Users and access, Service accounts.",
		}},
	}}},
	Permissions: []source.Permission{{Name: "Viewer", For: "incidents, which Grafana IRM lets viewers read"}},
	Webhook: &source.Webhook{
		Sender: "Grafana IRM",
		Tells:  "incidents that are declared, updated or resolved have what was modified read within seconds. It is signed, and good for five minutes",
		Proofs: []source.Header{{Name: "GI-Signature", Description: "t= and when it was signed, and one or several signatures, each v1= and the HMAC-SHA-256 of the body's hash and the time"}},
		Place:  "In Grafana IRM, Settings, Integrations, Outgoing webhooks; its signing secret is this source's webhook secret:",
		Template: `URL: <login>
Events: <events>`,
		Events: []source.Event{{Name: "Incident declared"}, {Name: "Incident updated"}, {Name: "Incident resolved"}},
	},
	Limits:    "Grafana IRM documents no limit; where it asks to wait it is obeyed",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what there is to say beyond the table of keys.
//
//go:embed reference.md
var reference string
