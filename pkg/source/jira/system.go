package jira

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares Jira.
var System = source.System{
	Type: "jira", Name: "Jira", Summary: "and Jira Service Management, in the cloud or a data center",
	Reads: []dora.Kind{dora.KindIncident},
	Tells: []dora.Kind{dora.KindIncident},
	Rows: [][]source.Field{
		{
			{
				Key: "url", Kind: source.Address, Label: "URL", Description: "The address that people open Jira at.", Example: "https://example-health.atlassian.net",
				Required: "https://SITE.atlassian.net, or the address of a data center",
				Meaning:  "`https://SITE.atlassian.net`, or a data center's address with the path that it lies beneath. With a token that has scopes, `https://api.atlassian.com/ex/jira/CLOUDID`",
			},
		},
		{
			{
				Key: "projects", Kind: source.Globs, Label: "Projects", Description: "Keys, one a line, with * for any; ! in front leaves out.",
				Example: "OPS\nPAY*\n!PAYTEST", Lines: 3, Required: "a list of " + projectKeys, Form: &source.Form{Pattern: `^!?[A-Za-z0-9_*?]+$`, Allowed: projectKeys},
				Meaning: "the keys of the projects that are read. An incident's `repository` is its project's key. What is not selected any more is out of every figure [at once](operate.md#when-the-source-changes)",
			},
		},
		{
			{
				Key: "incidents.types", Kind: source.List, Label: "Incident types", Description: "Issue types, one a line (default Incident).", Example: "Incident",
				Meaning: "issues of these types are incidents, by their names, with or without the `[System]` of service projects (absent: `Incident`, or any type where `incidents.jql` says what an incident is)",
			},
			{
				Key: "incidents.jql", Kind: source.Text, Label: "JQL", Description: "A condition that incidents fulfil as well.", Example: `labels = production`, Lines: 2,
				Meaning: "a condition in JQL, without `ORDER BY`, which incidents fulfil as well, such as `labels = production`. *Save & test* has Jira read it, and every run has before anything is taken from its answer",
			},
		},
		{
			{
				Key: "incidents.restored", Kind: source.List, Label: "Restored statuses", Description: "In which service is back, beside those that are done.", Example: "Monitoring",
				Meaning: "statuses in which the service works again, beside every one of the category *done* (absent: none)",
			},
			{
				Key: "incidents.dismissed", Kind: source.List, Label: "No incident", Description: "Resolutions that mean that it was none.", Example: "False alarm",
				Meaning: "resolutions that mean that it was no incident (absent: none)",
			},
			{
				Key: "incidents.partOf", Kind: source.List, Label: "Part of", Description: "Links to the incident that an issue is part of (default duplicates).", Example: "duplicates",
				Meaning: "the words of links, as the issue shows them, by which it is part of the incident that they lead to (absent: `duplicates`). So is a sub-task of an incident",
			},
		},
		{
			{
				Key: "incidents.severityField", Kind: source.Text, Label: "Severity field", Description: "By its name (default Severity).", Example: "Priority",
				Meaning: "the field that holds the severity, by its name or id (absent: `Severity`, where there is one). The priority is one that Jira sets by itself, unless you say otherwise",
			},
			{
				Key: "incidents.severity", Kind: source.Pattern, Label: "Severity pattern", Description: "A regular expression on it; its first group is the severity.", Example: `^Sev (\d)$`,
				Meaning: "a regular expression on that field; its first group is the severity (absent: the first number in it, or else the text as it is)",
			},
			{
				Key: "incidents.serviceFields", Kind: source.List, Label: "Service fields", Description: "By name; the first that is filled counts.", Example: "Affected services",
				Meaning: "the fields that hold the service, by name or id; the first that is filled counts (absent: `Affected services`, `Affected service`, `Components`)",
			},
		},
		{
			{
				Key: "incidents.openedFields", Kind: source.List,
				Meaning: "fields of date and time in which people say when service broke, by name or id; the first that is filled counts (absent: when the issue was made)",
			},
			{
				Key: "incidents.resolvedFields", Kind: source.List,
				Meaning: "the same for when service was restored; it counts while the status says that it is (absent: when it became so)",
			},
			{
				Key: "incidents.sameFields", Kind: source.List, Label: "Same incident elsewhere", Description: "Fields with its address or key in another system.", Example: "PagerDuty incident",
				Meaning: "fields that hold the address or key of the record of the same incident in another system, so that both are one incident",
			},
			{
				Key: "incidents.remoteLinks", Kind: source.Flag, Label: "Read web links", Description: "One request for each incident that changed.",
				Meaning: "whether the addresses of an incident's web links are records of the same incident in other systems. It costs one request for each incident that changed",
			},
		},
	},
	Access: &source.Access{
		Label: "Access", Description: "Who asks.",
		Ways: []source.Way{
			{
				Option:  source.Option{Value: "token", Label: "Personal access token", Description: "of a data center"},
				Fields:  []source.Field{},
				Secrets: []source.Secret{{Name: secretToken, Label: "Token", Description: "Of a person or a machine that may browse the projects."}},
			},
			{
				Option: source.Option{Value: "cloud", Label: "API token", Description: "of Jira Cloud, with its account's address"}, Noun: "an API token of Jira Cloud",
				Fields: []source.Field{{
					Key: "email", Kind: source.Text, Label: "Email", Description: "Of the account that the API token belongs to.", Example: "live-dora@example.org", Form: &source.Form{Pattern: `^[^\s:@]+@[^\s:@]+$`, Allowed: "an email address"},
					Meaning: "the address of the account that asks Jira Cloud with an API token, the secret `apiToken`",
				}},
				Secrets: []source.Secret{{Name: secretAPI, Label: "API token", Description: "From id.atlassian.com, of an account that may browse the projects."}},
			},
		},
	},
	Permissions: []source.Permission{
		{Name: "Browse Projects", For: "the projects and their issues, in each project that is read; nothing else is asked for, and nothing is written"},
	},
	Webhook: &source.Webhook{
		Sender: "Jira",
		Tells: "issues that are created or changed are read within seconds, each by itself; one that is deleted has all of the source looked at. " +
			"The signature `X-Hub-Signature` is checked; where Jira cannot sign, as a rule of its automation, the secret is in the header `X-Live-Dora-Secret`. What is missed is noticed by the next reading",
		Proofs: []source.Header{{Name: "X-Hub-Signature", Description: "sha256= and the HMAC-SHA-256 of the body, as Jira signs it"}, {Name: source.SecretHeader, Description: "the secret, as a rule of Jira's automation sends it"}},
		Place:  "In Jira's settings, System, WebHooks, Create a WebHook:",
		Template: `URL: <login>
Secret: SECRET
Events: <events>`,
		Events: []source.Event{{Name: "Issue created"}, {Name: "Issue updated"}, {Name: "Issue deleted"}},
	},
	Limits:    "Jira Cloud limits bursts and a data center what its administrator sets; both are obeyed, also where Jira does not say how long to wait",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what there is to say beyond the table of keys.
//
//go:embed reference.md
var reference string

const projectKeys = "projects' keys, with * and ? for parts of a key and ! in front to leave out"
