package azuredevops

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares Azure DevOps.
var System = source.System{
	Type: "azuredevops", Name: "Azure DevOps", Summary: "an organisation of Services, or a collection of a Server",
	Reads: []dora.Kind{dora.KindDeployment, dora.KindChange, dora.KindIncident},
	Tells: []dora.Kind{dora.KindDeployment, dora.KindChange, dora.KindIncident},
	Rows: [][]source.Field{
		{
			{
				Key: "url", Kind: source.Address, Label: "URL", Description: "Of the organisation, or of a Server's collection.", Example: "https://dev.azure.com/example-health",
				Required: "https://dev.azure.com/ORGANISATION, or the address of a Server's collection",
				Meaning:  "`https://dev.azure.com/ORGANISATION`, or the address of a Server's collection, such as `https://HOST/tfs/DefaultCollection`",
			},
			{Key: "releaseUrl", Kind: source.Address, Meaning: "where classic releases are asked for, where that does not follow from `url` (it does for `dev.azure.com`, `visualstudio.com` and Servers)"},
			{Key: "loginUrl", Kind: source.Address, Meaning: "where an application logs in (absent: `https://login.microsoftonline.com`). It alone is sent the client's secret"},
		},
		{
			{
				Key: "repositories", Kind: source.Globs, Label: "Repositories", Description: "One a line, as project/repository with * for any; ! in front leaves out.",
				Example: "Booking/*\n!Booking/archive", Lines: 3, Required: "a list of " + repositoryNames, Form: repositoryForm,
				Meaning: "repositories, with `*` and `?` for parts of a repository's name; `!` in front leaves out. Their projects' deployments and work items are read. What is not selected any more is out of every figure [at once](operate.md#when-the-source-changes)",
			},
			{
				Key: "github", Kind: source.Globs, Label: "Repositories on GitHub", Description: "That pipelines of these projects deploy, as owner/name.", Example: "example-health/*", Lines: 3,
				Form:    &source.Form{Pattern: `^!?[\w.*?-]+/[\w.*?-]+$`, Allowed: "owner/name, with * and ? for parts of a name and ! in front to leave out"},
				Meaning: "repositories on GitHub which pipelines of the same projects deploy: their deployments are told under these names, and join the code that a source of type `github` reads",
			},
		},
		deployments,
		{source.HabitsField(repositoryForm, "Booking/lib-*", deployments)},
		{
			{
				Key: "incidents.from", Kind: source.Choice, Label: "Incidents from", Description: "Which work items are incidents.", Choices: marks,
				Meaning: "which work items are incidents: `none` (the default), `tags` or `types`",
			},
			{
				Key: "incidents.tags", Kind: source.List, Label: "Incident tags", Description: "One a line. Work items with one of them are incidents.", Example: "incident",
				When: by(IncidentsByTags), Required: "a list of tags, of which an incident has at least one", Meaning: "a work item with any of these tags is an incident",
			},
			{
				Key: "incidents.types", Kind: source.List, Label: "Incident types", Description: "One a line, as the process calls them.", Example: "Incident",
				When: by(IncidentsByType), Required: "a list of types of work items", Meaning: "a work item of any of these types is an incident",
			},
			{
				Key: "incidents.resolved", Kind: source.List, Label: "Resolved states", Description: "One a line (default Closed, Done, Completed).", Example: "Closed",
				When: by(IncidentsByTags, IncidentsByType), Meaning: "the states in which an incident is over (absent: Closed, Done and Completed)",
			},
			{
				Key: "incidents.severity", Kind: source.Pattern, Label: "Severity pattern", Description: "A regular expression on tags and the field Severity; its first group is the severity.",
				Example: `^(\d) - `, When: by(IncidentsByTags, IncidentsByType),
				Meaning: "a regular expression on tags, then on the field Severity; its first group is the severity (absent: none, since Azure DevOps sets a default that nobody chose)",
			},
		},
	},
	Access: &source.Access{
		Label: "Access", Description: "Who asks.",
		Ways: []source.Way{
			{
				Option:  source.Option{Value: "token", Label: "Personal access token", Description: "of one organisation"},
				Fields:  []source.Field{},
				Secrets: []source.Secret{{Name: secretToken, Label: "Token", Description: "Of this organisation, with the scopes that the documentation lists."}},
			},
			{
				Option: source.Option{Value: "entra", Label: "Entra application", Description: "by its client's secret"}, Noun: "an Entra application",
				Fields: []source.Field{
					{Key: "tenant", Kind: source.Text, Label: "Tenant", Description: "The directory's id or domain.", Meaning: "the directory of an Entra application that asks: its id or domain"},
					{Key: "clientId", Kind: source.Text, Label: "Client ID", Description: "The application's id.", Meaning: "the application's id"},
				},
				Secrets: []source.Secret{{Name: secretClient, Label: "Client secret", Description: "Of the application, which is a user of the organisation."}},
			},
		},
	},
	Permissions: []source.Permission{
		{Name: "Project and Team: Read", For: "the projects"},
		{Name: "Code: Read", For: "repositories, commits, pull requests"},
		{Name: "Build: Read", For: "what pipelines built"},
		{Name: "Environment: Read & manage", For: "deployments into environments; there is no scope to only read them, and nothing is written", When: &source.When{Key: "deployments.from", Values: []string{string(FromEnvironments)}}},
		{Name: "Release: Read", For: "classic releases", When: &source.When{Key: "deployments.from", Values: []string{string(FromReleases)}}},
		{Name: "Work Items: Read", For: "incidents", When: by(IncidentsByTags, IncidentsByType)},
	},
	Webhook: &source.Webhook{
		Sender: "Azure DevOps",
		Tells: "completed stages and release deployments, pushes to default branches, completed pull requests and work items have that project read within seconds. " +
			"Azure DevOps signs nothing: the secret is in the header `X-Live-Dora-Secret`, or the password of basic authentication where nothing before the plugin takes that. What is missed is noticed by the next reading",
		Proofs: []source.Header{{Name: "X-Live-Dora-Secret", Description: "the secret, as Azure DevOps sends it among a service hook's HTTP headers"}, {Name: "Authorization", Description: "Basic, with the secret as password, where nothing before the plugin takes it"}},
		Place:  "In the project's settings, Service hooks, Create subscription, Web Hooks, one for each event:",
		Template: `Events: <events>
URL: <login>
HTTP headers: X-Live-Dora-Secret:SECRET`,
		Events: []source.Event{
			{Name: "Run stage state changed", When: &source.When{Key: "deployments.from", Values: []string{string(FromEnvironments), string(FromStages)}}},
			{Name: "Release deployment completed", When: &source.When{Key: "deployments.from", Values: []string{string(FromReleases)}}},
			{Name: "Code pushed"},
			{Name: "Pull request merge attempted"},
			{Name: "Work item created", When: by(IncidentsByTags, IncidentsByType)},
			{Name: "Work item updated", When: by(IncidentsByTags, IncidentsByType)},
		},
	},
	Limits:    "Azure DevOps counts no requests but what they cost it, 200 units in five minutes for each user, asks for slower requests before it refuses any, and is obeyed in both",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what its page says beyond the table of keys.
//
//go:embed reference.md
var reference string

var repositoryForm = &source.Form{Pattern: `^!?[^/*?]+/[^/]+$`, Allowed: repositoryNames}

const repositoryNames = "project/repository, with * and ? for parts of a repository's name, and ! in front to leave out"

func by(from ...IncidentsFrom) *source.When {
	w := &source.When{Key: "incidents.from"}
	for _, each := range from {
		w.Values = append(w.Values, string(each))
	}
	return w
}

// deployments are the fields that say what a deployment is.
var deployments = []source.Field{
	{
		Key: "deployments.from", Kind: source.Choice, Label: "Deployments from", Description: "What of Azure DevOps is a deployment.", Choices: origins, Stated: true,
		Meaning: "what a deployment is: see below",
	},
	{
		Key: "deployments.pipeline", Kind: source.Pattern, Label: "Pipeline", Description: "A regular expression on the pipeline's or release's name.", Example: "^deploy",
		Meaning: "a regular expression on the names of pipelines, or of release definitions (absent: every one)",
	},
	{
		Key: "deployments.stage", Kind: source.Pattern, Label: "Stage", Description: "A regular expression on the stage's name; its first group is the environment.", Example: "^Deploy_(.+)$",
		When: &source.When{Key: "deployments.from", Values: []string{string(FromStages)}}, Required: "a regular expression on the names of stages that deploy",
		Meaning: "a regular expression on the names of stages; its first group, or else the stage's name, is the environment",
	},
}
