package bitbucket

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares Bitbucket.
var System = source.System{
	Type: "bitbucket", Name: "Bitbucket", Summary: "Bitbucket Cloud",
	Reads: []dora.Kind{dora.KindDeployment, dora.KindChange},
	Tells: []dora.Kind{dora.KindDeployment, dora.KindChange},
	Rows: [][]source.Field{
		{{Key: "url", Kind: source.Address, Meaning: "where the API is (absent: `" + publicAPI + "`)"}},
		{{
			Key: "repositories", Kind: source.Globs, Label: "Repositories", Description: "One a line, as workspace/repository with * for any; ! in front leaves out.",
			Example: "example-health/*\n!example-health/archive", Lines: 3, Required: "a list of " + repositoryNames, Form: &source.Form{Pattern: `^!?[^/*?\s]+/[^/\s]+$`, Allowed: repositoryNames},
			Meaning: "repositories, with `*` and `?` for parts of a repository's name; `!` in front leaves out. What is not selected any more is out of every figure [at once](operate.md#when-the-source-changes)",
		}},
	},
	Access: &source.Access{
		Label: "Access", Description: "Who asks.",
		Ways: []source.Way{
			{
				Option:  source.Option{Value: "token", Label: "Access token", Description: "of a workspace, a project or a repository"},
				Fields:  []source.Field{},
				Secrets: []source.Secret{{Name: secretToken, Label: "Token", Description: "With the permissions that the documentation lists."}},
			},
			{
				Option: source.Option{Value: "account", Label: "API token", Description: "of an Atlassian account"}, Noun: "an account's API token",
				Fields:  []source.Field{{Key: "email", Kind: source.Text, Label: "Email", Description: "Of the account.", Meaning: "of the Atlassian account whose API token asks"}},
				Secrets: []source.Secret{{Name: secretAPI, Label: "API token", Description: "Of that account, with the scopes that the documentation lists."}},
			},
		},
	},
	Permissions: []source.Permission{
		{Name: "Repositories: Read", For: "repositories and commits"},
		{Name: "Pull requests: Read", For: "pull requests"},
		{Name: "Pipelines: Read", For: "deployments and the pipelines that made them"},
	},
	Webhook: &source.Webhook{
		Sender: "Bitbucket",
		Tells: "pushes, pull requests that are merged or reviewed, and build states, which pipelines set when they begin and end, have the repository read within seconds. " +
			"Calls are signed (`X-Hub-Signature`). Bitbucket tells of no deployment by itself; what is missed is noticed by the next reading",
		Proofs: []source.Header{{Name: "X-Hub-Signature", Description: "sha256= and the HMAC-SHA-256 of the body under the secret, in hexadecimal"}},
		Place:  "In the repository's or the workspace's settings, Webhooks, Add webhook:",
		Template: `URL: <login>
Secret: SECRET
Triggers: <events>`,
		Events: []source.Event{{Name: "Push"}, {Name: "Build status created"}, {Name: "Build status updated"}, {Name: "Pull request: Merged"}, {Name: "Pull request: Approved"}, {Name: "Pull request: Changes request created"}, {Name: "Pull request: Comment created"}},
	},
	Limits:    "Bitbucket gives a thousand requests in an hour, and more to workspaces that pay for many people; it says neither how many are left nor for how long it refuses, so that a refusal is waited out for a minute, then twice as long each time, for an hour at most, after which the next run goes on",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what there is to say beyond the table of keys.
//
//go:embed reference.md
var reference string

const repositoryNames = "workspace/repository, with * and ? for parts of a repository's name, and ! in front to leave out"
