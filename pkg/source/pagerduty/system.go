package pagerduty

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// publicAPI is where the API of accounts is that are not of the EU.
const publicAPI = "https://api.pagerduty.com"

// System declares PagerDuty.
var System = source.System{
	Type: "pagerduty", Name: "PagerDuty", Summary: "incidents of an account",
	Reads: []dora.Kind{dora.KindIncident},
	Tells: []dora.Kind{dora.KindIncident},
	Rows: [][]source.Field{
		{
			{
				Key: "url", Kind: source.Address, Label: "API address", Description: "Of an account in the EU: https://api.eu.pagerduty.com.", Default: publicAPI,
				Meaning: "where the API is (absent: `" + publicAPI + "`; of an account in the EU `https://api.eu.pagerduty.com`)",
			},
		},
		{
			{
				Key: "services", Kind: source.List, Label: "Services", Description: "Their ids, one a line; none: all of the account.", Example: "PABC123", Lines: 3,
				Form:    &source.Form{Pattern: `^[A-Z0-9]{3,32}$`, Allowed: "the id of a service, such as PABC123, which ends its page's address"},
				Meaning: "ids of the services whose incidents are read (absent: of all that the key may see)",
			},
		},
		{
			{
				Key: "incidents.urgency", Kind: source.Choice, Label: "Incidents", Description: "Which count.", Choices: urgencies,
				Meaning: "which incidents count: `high` (the default), those of high urgency now, or `any`",
			},
			{
				Key: "incidents.severity", Kind: source.Choice, Label: "Severity from", Description: "What an incident's severity is.", Choices: severities,
				Meaning: "what the severity is: `priority` (the default), by its name, such as P1; or `urgency`",
			},
		},
		{
			{
				Key: "incidents.deployments", Kind: source.List, Label: "Fields with deployments", Description: "Custom fields that name the deployment that caused it, or mended it.", Example: "deployment", Lines: 2,
				Meaning: "custom fields that name a deployment: its number, address, sha or version. It is explicit evidence",
			},
			{
				Key: "incidents.same", Kind: source.List, Label: "Fields with other records", Description: "Custom fields with the key or address of the same interruption elsewhere.", Example: "servicenow_record", Lines: 2,
				Meaning: "custom fields with the key or address of the record that another system has of the same interruption: the two are one incident",
			},
		},
	},
	Access: &source.Access{Ways: []source.Way{{
		Option: source.Option{Value: "token", Label: "API key", Description: "read-only, of the account"},
		Fields: []source.Field{},
		Secrets: []source.Secret{{
			Name: secretToken, Label: "API key", Description: "Read-only: Integrations, API Access Keys, Create New API Key, with Read-only API Key ticked.",
		}},
	}}},
	Permissions: []source.Permission{
		{Name: "Read-only API Key", For: "incidents and their log; a person's key of any role does as well, for what that person may see"},
	},
	Webhook: &source.Webhook{
		Sender: "PagerDuty",
		Tells: "incidents that are triggered, acknowledged, resolved, reopened or get another priority have the log read within seconds. " +
			"Of several signatures, as there are while a secret is changed, one has to be good. Another urgency is told by no webhook, and noticed by the next reading",
		Proofs: []source.Header{{Name: "X-PagerDuty-Signature", Description: "one or several signatures, each v1= and the HMAC-SHA-256 of the body, separated by commas"}},
		Place:  "Under Integrations, Generic Webhooks (v3), New Webhook, with scope Account; the secret is shown once, after it was added, and is then this source's:",
		Template: `Webhook URL: <login>
Events: <events>`,
		Events: []source.Event{
			{Name: "incident.triggered"}, {Name: "incident.acknowledged"}, {Name: "incident.unacknowledged"}, {Name: "incident.resolved"},
			{Name: "incident.reopened"}, {Name: "incident.priority_updated"}, {Name: "incident.reassigned"}, {Name: "incident.custom_field_values.updated"},
		},
	},
	Limits:    "PagerDuty answers 960 requests a minute for each key, and says how many are left",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what there is to say beyond the table of keys.
//
//go:embed reference.md
var reference string
