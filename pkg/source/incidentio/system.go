package incidentio

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

const publicAPI = "https://api.incident.io"

// System declares incident.io.
var System = source.System{
	Type: "incidentio", Name: "incident.io", Summary: "incidents of an organisation",
	Reads: []dora.Kind{dora.KindIncident},
	Tells: []dora.Kind{dora.KindIncident},
	Rows: [][]source.Field{
		{{
			Key: "url", Kind: source.Address, Label: "API address", Description: "Where the API is.", Default: publicAPI,
			Meaning: "where the API is (absent: `" + publicAPI + "`)",
		}},
		{
			{
				Key: "incidents.service", Kind: source.Text, Label: "Service field", Description: "The custom field that names the service.", Example: "Affected service", Width: 30,
				Meaning: "the custom field whose value is the incident's service (absent: `Affected service`, `Affected services`, `Service` or `Services`)",
			},
			{
				Key: "incidents.types", Kind: source.List, Label: "Incident types", Description: "Which count, one a line; none: all.", Example: "Production", Lines: 2,
				Meaning: "types of incidents that count, by name (absent: all)",
			},
		},
		{
			{
				Key: "incidents.opened", Kind: source.List, Label: "Opened", Description: "Timestamps; the first that has a value counts.", Example: "Impact started\nReported at", Lines: 2,
				Meaning: "timestamps of when it began, by name: the first that has a value (absent: `Impact started`, then `Reported at`; where none has one, when it was created)",
			},
			{
				Key: "incidents.acknowledged", Kind: source.List, Label: "Acknowledged", Description: "Timestamps; none: not measured.", Example: "Accepted at", Lines: 2,
				Meaning: "timestamps of when somebody took it on (absent: none, and time to acknowledge is not measured)",
			},
			{
				Key: "incidents.resolved", Kind: source.List, Label: "Resolved", Description: "Timestamps; the first that has a value counts.", Example: "Resolved at", Lines: 2,
				Meaning: "timestamps of when it ended (absent: `Resolved at`; where none has a value, when its status was last closed)",
			},
		},
		{
			{
				Key: "incidents.deployments", Kind: source.List, Label: "Fields with deployments", Description: "Custom fields that name the deployment that caused it, or mended it.", Example: "Deployment", Lines: 2,
				Meaning: "custom fields that name a deployment: its number, address, sha or version. It is explicit evidence",
			},
			{
				Key: "incidents.same", Kind: source.List, Label: "Fields with other records", Description: "Custom fields with the key or address of the same interruption elsewhere.", Example: "ServiceNow record", Lines: 2,
				Meaning: "custom fields with the key or address of the record that another system has of the same interruption, beside the issue that incident.io itself is attached to: they are one incident",
			},
		},
	},
	Access: &source.Access{Ways: []source.Way{{
		Option: source.Option{Value: "token", Label: "API key", Description: "that may view data"},
		Fields: []source.Field{},
		Secrets: []source.Secret{{
			Name: secretToken, Label: "API key", Description: "From Settings, API keys, with the permission View data.",
		}},
	}}},
	Permissions: []source.Permission{
		{Name: "View data", For: "public incidents and their updates"},
		{Name: "View all incident data, including private incidents", For: "private incidents, where they count"},
	},
	Webhook: &source.Webhook{
		Sender: "incident.io",
		Tells:  "incidents that are created or updated have the updated ones read within seconds. It is signed, and good for five minutes",
		Proofs: []source.Header{
			{Name: "Webhook-Signature", Description: "one or several signatures, each v1, and the HMAC-SHA-256 of id, time and body in base64"},
			{Name: "Webhook-Timestamp", Description: "when it was signed, in seconds since 1970; at most five minutes off"},
		},
		Place: "In Settings, Webhooks, Add endpoint; its signing secret, which begins with whsec_, is this source's webhook secret:",
		Template: `Endpoint URL: <login>
Events: <events>`,
		Events: []source.Event{
			{Name: "public_incident.incident_created_v2"}, {Name: "public_incident.incident_updated_v2"}, {Name: "public_incident.incident_status_updated_v2"},
			{Name: "private_incident.incident_created_v2"}, {Name: "private_incident.incident_updated_v2"},
		},
	},
	Limits:    "incident.io answers 1,200 requests a minute for each key, twenty more each second, and says how long to wait",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what there is to say beyond the table of keys.
//
//go:embed reference.md
var reference string
