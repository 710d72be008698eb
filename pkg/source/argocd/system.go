package argocd

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares Argo CD.
var System = source.System{
	Type: "argocd", Name: "Argo CD", Summary: "what its applications were synced to",
	Reads: []dora.Kind{dora.KindDeployment},
	Tells: []dora.Kind{dora.KindDeployment},
	Rows: [][]source.Field{
		{
			{
				Key: "url", Kind: source.Address, Label: "URL", Description: "Of the API server, with the path that it is served under.", Example: "https://argocd.example.org",
				Required: "the address of Argo CD's API server", Meaning: "the address of the API server, with the path that it is served under (`--rootpath`), such as `https://HOST/argocd`",
			},
		},
		{
			{
				Key: "projects", Kind: source.List, Label: "Projects", Description: "One a line. None: all that the account may see.", Example: "booking", Lines: 3,
				Meaning: "the projects of Argo CD whose applications are read (absent: all that the account may see)",
			},
			{
				Key: "selector", Kind: source.Text, Label: "Selector", Description: "By labels of applications, as Kubernetes writes it.", Example: "tier=backend",
				Meaning: "a selector by labels of applications, as Kubernetes writes it, such as `tier=backend,!preview` (absent: every application)",
			},
		},
		{
			{
				Key: "repositories", Kind: source.Globs, Label: "Repositories", Description: "One a line, as owner/name with * for any; ! in front leaves out. None: all that applications are made from.",
				Example: "example-health/*", Lines: 3, Form: &source.Form{Pattern: `^!?[^\s/]+(/[^\s/]+)+$`, Allowed: repositoryNames},
				Meaning: "the repositories that are code, by the names that their addresses have: of an application with several sources each that is one of them is deployed (absent: every Git repository). What is not selected any more is out of every figure [at once](operate.md#when-the-source-changes)",
			},
		},
		{
			{
				Key: "environment.from", Kind: source.Choice, Label: "Environment from", Description: "What of an application is its environment.", Choices: places,
				Meaning: "what the environment is: the `namespace` that is deployed into (the default), the `cluster` (its name, else its address), a `label` of the application, or the `application`'s own name",
			},
			{
				Key: "environment.label", Kind: source.Text, Label: "Label", Description: "Its name. An application without it has its own name as environment.", Example: "environment",
				When: &source.When{Key: "environment.from", Values: []string{string(FromLabel)}}, Required: "the name of a label", Form: &source.Form{Pattern: `^[\w./-]+$`, Allowed: "the name of a label, such as environment or example.org/stage"},
				Meaning: "the label whose value is the environment; an application without it has its own name as environment",
			},
			{
				Key: "environment.pattern", Kind: source.Pattern, Label: "Environment pattern", Description: "A regular expression; its first group is the environment.", Example: `-(prod|test)$`,
				Meaning: "a regular expression on that; its first group is the environment, and what it does not match is left as it is (absent: all of it). So one application for each cluster becomes one environment, or several",
			},
		},
		{
			{
				Key: "version.from", Kind: source.Choice, Label: "Version from", Description: "What tells which version was deployed.", Choices: tellers,
				Meaning: "what tells the version: the `revision` of the application's repository (the default), or the `image` that runs, where that repository holds configuration: see below",
			},
			{
				Key: "version.image", Kind: source.Pattern, Label: "Image", Description: "A regular expression on images without their tag; its first group is owner/name of the code.", Example: `^ghcr\.io/(example-health/[^/]+)$`,
				When: byImage, Required: "a regular expression whose first group is the repository",
				Meaning: "a regular expression on the names of images without their tag; those that match are the application's own, and its first group is the repository. Where that is not what the code is called, a service says so with `code`",
			},
			{
				Key: "version.tag", Kind: source.Pattern, Label: "Version in tag", Description: "A regular expression; its first group is the version.", Example: `^(v[\d.]+)-`,
				When:    byImage,
				Meaning: "a regular expression on an image's tag; its first group is the version, and a tag that it does not match names none (absent: the tag is the version)",
			},
		},
	},
	Access: &source.Access{Ways: []source.Way{{
		Option:  source.Option{Value: "token", Label: "Token", Description: "of an account or of a project's role"},
		Fields:  []source.Field{},
		Secrets: []source.Secret{{Name: secretToken, Label: "Token", Description: "Of an account with the capability apiKey, or of a project's role, that may get applications."}},
	}}},
	Permissions: []source.Permission{{Name: "applications, get", For: "what applications did; nothing is ever synced, refreshed or written"}},
	Webhook: &source.Webhook{
		Sender: "Argo CD",
		Tells: "an operation that succeeded or failed is counted at once, and its application is read within seconds; so are those that the next operation would hide. " +
			"Argo CD signs nothing: the secret is in the header `X-Live-Dora-Secret`, or the bearer token where nothing before the plugin takes that. What is missed and can still be seen is noticed by the next reading",
		Proofs: []source.Header{{Name: source.SecretHeader, Description: "The secret, as a header of the notification service"}, {Name: "Authorization", Description: "Bearer, with the secret as token, where nothing before the plugin takes it"}},
		Place:  "In the ConfigMap argocd-notifications-cm, with oncePer as it is here, since the catalogue's own triggers tell of each revision once:",
		Template: `service.webhook.live-dora: |
  url: <login>
  headers:
    - {name: X-Live-Dora-Secret, value: SECRET}
    - {name: Content-Type, value: application/json}
template.live-dora: |
  webhook:
    live-dora:
      method: POST
      body: |
        {"application": {{toJson .app.metadata.name}}, "namespace": {{toJson .app.metadata.namespace}}, "project": {{toJson .app.spec.project}},
         "destination": {{toJson .app.spec.destination}}, "labels": {{toJson .app.metadata.labels}},
         "source": {{toJson .app.spec.source}}, "sources": {{toJson .app.spec.sources}},
         {{with .app.status.operationState.syncResult}}"revision": {{toJson .revision}}, "revisions": {{toJson .revisions}},{{end}}
         {{with .app.status.summary}}"images": {{toJson .images}},{{end}}
         "phase": {{toJson .app.status.operationState.phase}}, "startedAt": {{toJson .app.status.operationState.startedAt}},
         "finishedAt": {{toJson .app.status.operationState.finishedAt}}}
trigger.live-dora: |
  - when: app.status?.operationState != nil and app.status.operationState.phase in ['Succeeded', 'Failed', 'Error']
    oncePer: app.status.operationState.startedAt
    send: [live-dora]
subscriptions: |
  - recipients: ["live-dora:"]
    triggers: [live-dora]`,
	},
	Limits:    "Argo CD limits no requests. Each reading is one request for all applications, and one for each application that did something; it is read every minute, or as often as `collect.every` says if that is more often",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what there is to say beyond the table of keys.
//
//go:embed reference.md
var reference string

const repositoryNames = "owner/name, with * and ? for parts of a name, and ! in front to leave out"

var byImage = &source.When{Key: "version.from", Values: []string{string(FromImage)}}
