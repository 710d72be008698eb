package github

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares GitHub: its cloud, its Enterprise Cloud or an Enterprise Server.
var System = source.System{
	Type: "github", Name: "GitHub", Summary: "its cloud, or an Enterprise Server",
	Reads: []dora.Kind{dora.KindDeployment, dora.KindChange, dora.KindIncident},
	Tells: []dora.Kind{dora.KindDeployment, dora.KindIncident},
	Rows: [][]source.Field{
		{
			{
				Key: "url", Kind: source.Address, Label: "URL", Description: "For GitHub Enterprise: https://HOST/api/v3", Default: publicAddress,
				Meaning: "`https://api.github.com` (the default), or `https://HOST/api/v3` for GitHub Enterprise Server. The GraphQL address is derived.",
			},
			{Key: "graphqlUrl", Kind: source.Address, Meaning: "overrides the GraphQL address"},
			{
				Key: "api", Kind: source.Choice, Label: "API", Description: "Which of GitHub's two interfaces.", Choices: interfaces,
				Meaning: "`auto` (the default): GraphQL, and REST for a server or proxy that answers GraphQL with 403, 404, 405 or 410; `graphql`; `rest`. What either cannot tell is asked of the other or counted as not known, so that the figures agree; " +
					"a first reading over REST takes a request for every deployment and two for every pull request, a refresh in which nothing changed costs nothing of the limit.",
			},
		},
		append([]source.Field{
			{
				Key: "repositories", Kind: source.Globs, Label: "Repositories", Description: "One a line, as owner/name with * for any; ! in front leaves out.",
				Example: "example-health/*\n!example-health/archived-*", Lines: 3,
				Required: "a list of " + repositoryNames, Form: repositoryForm,
				Meaning: "`owner/name`, with `*` and `?` for parts of a name; `!` in front leaves out. What is not selected any more is out of every figure [at once](operate.md#when-the-source-changes)",
			},
		}, deployments...),
		{source.HabitsField(repositoryForm, "example-health/lib-*", deployments)},
		{
			{
				Key: "incidents.labels", Kind: source.List, Label: "Incident labels", Description: "One a line. Issues with one of them are incidents; none: no incidents.",
				Example: "incident", Required: "a list of labels, of which an incident has at least one",
				Empty:   "No incidents are read: no incident label is given. Failures are then told by rollbacks, reverts and hotfixes alone.",
				Meaning: "an issue with any of these labels is an incident. Without `incidents`, issues are not read.",
			},
			{
				Key: "incidents.severity", Kind: source.Pattern, Label: "Severity pattern", Description: "A regular expression on labels; its first group is the severity.",
				Example: `^sev(\d)$`, Meaning: "a regular expression; its first group on a label is the severity",
			},
		},
	},
	Access: &source.Access{
		Label: "Authentication", Description: "How GitHub lets it in.",
		Ways: []source.Way{
			{
				Option: source.Option{Value: "token", Label: "Access token", Description: "a personal access token"},
				Fields: []source.Field{},
				Secrets: []source.Secret{
					{Name: secretToken, Label: "Token", Description: "May read repositories, deployments, pull requests, issues."},
				},
			},
			{
				Option: source.Option{Value: "app", Label: "GitHub App", Description: "with a private key, and limits of its own"}, Noun: "a GitHub App",
				Fields: []source.Field{
					{
						Key: "appId", Kind: source.Text, Label: "App id", Description: "Or its client id.", Width: 20,
						Meaning: "a GitHub App in place of a token: its id, or client id",
					},
					{
						Key: "installationId", Kind: source.Text, Label: "Installation id", Description: "The number at the end of its address.", Width: 28,
						Form:    &source.Form{Pattern: `^[0-9]+$`, Allowed: "the number at the end of the installation's address"},
						Meaning: "the number at the end of its installation's address",
					},
				},
				Secrets: []source.Secret{{
					Name: secretAppKey, Label: "Private key", Description: "The file in PEM that GitHub hands out.", Long: true,
					Form: &source.Form{Pattern: `PRIVATE KEY-----`, Noun: "a private key", Allowed: "the file in PEM that GitHub hands out for the App"},
				}},
			},
		},
	},
	Permissions: []source.Permission{
		{Name: "contents", For: "commits and tags"},
		{Name: "deployments", For: "deployments and their statuses"},
		{Name: "issues", For: "incidents"},
		{Name: "pull_requests", For: "changes and their reviews"},
		{Name: "actions", For: "runs of GitHub Actions", When: fromRuns},
	},
	Webhook: &source.Webhook{
		Sender: "GitHub",
		Tells: "deployments with their statuses, workflow runs and incident issues at once; merges, pushes, reviews and releases have that repository read within seconds; a repository that is renamed, transferred or deleted has everything looked at. " +
			"GitHub tells nobody that a deployment was deleted: the next reading notices",
		Proofs: []source.Header{{Name: "X-Hub-Signature-256", Description: "GitHub's signature, or anyone's: sha256= and the HMAC-SHA-256 of the body in hexadecimal"}},
		Place:  "In GitHub's organisation or repository, Settings → Webhooks → Add webhook:",
		Template: `Payload URL: <login>
Content type: application/json
Secret: SECRET
Events: <events>`,
		Events: []source.Event{
			{Name: "Deployments"}, {Name: "Deployment statuses"}, {Name: "Issues"}, {Name: "Pull requests"}, {Name: "Pull request reviews"}, {Name: "Pushes"},
			{Name: "Workflow runs", When: fromRuns}, {Name: "Releases", When: fromReleases},
		},
	},
	Limits:    "5,000 GraphQL points an hour, of which an App and Enterprise Cloud have more",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what its page says beyond the table of keys.
//
//go:embed reference.md
var reference string

var repositoryForm = &source.Form{Pattern: `^!?[\w.*?-]+/[\w.*?-]+$`, Allowed: repositoryNames}

const repositoryNames = "owner/name, with * and ? for parts of a name and ! in front to leave out"

var interfaces = []source.Option{
	{Value: string(APIAuto), Label: "Whichever answers", Description: "GraphQL, and REST where GraphQL is refused"},
	{Value: string(APIGraphQL), Label: "GraphQL", Description: "many times cheaper"},
	{Value: string(APIREST), Label: "REST", Description: "for servers without GraphQL"},
}

var origins = []source.Option{
	{Value: string(FromDeployments), Label: "GitHub deployments", Description: "each deployment and its statuses"},
	{Value: string(FromWorkflowRuns), Label: "Workflow runs", Description: "each run of GitHub Actions that succeeds"},
	{Value: string(FromReleases), Label: "Releases", Description: "each release, at its publication"},
	{Value: string(FromTags), Label: "Tags", Description: "each tag, at its time"},
	{Value: string(FromMerges), Label: "Merges", Description: "each commit that lands on the default branch"},
}

var (
	fromRuns     = from(FromWorkflowRuns)
	fromReleases = from(FromReleases)
)

func from(origins ...From) *source.When {
	when := &source.When{Key: "deployments.from"}
	for _, origin := range origins {
		when.Values = append(when.Values, string(origin))
	}
	return when
}

// deployments are the fields that say what a deployment is.
var deployments = []source.Field{
	{
		Key: "deployments.from", Kind: source.Choice, Label: "Deployments from", Description: "What counts as a deployment.", Choices: origins, Stated: true,
		Meaning: "what a deployment is; see below. Without it, `deployments`.",
	},
	{
		Key: "deployments.workflow", Kind: source.Pattern, Label: "Workflow pattern", Description: "Matches the names of those that deploy.", Default: "any", Width: 32, When: fromRuns,
		Meaning: "a regular expression on the workflow's name (absent: every workflow)",
	},
	{
		Key: "deployments.branch", Kind: source.Text, Label: "Branch", Description: "That they ran on.", Default: "any", Width: 20, When: fromRuns,
		Meaning: "the exact name, no pattern, of the branch or tag that it ran on (absent: any)",
	},
	{
		Key: "deployments.environment", Kind: source.Text, Label: "Environment", Description: "Where all of them go.", Default: defaultEnvironment, Width: 24,
		When:    &source.When{Key: "deployments.from", Values: from(FromWorkflowRuns, FromReleases, FromTags, FromMerges).Values, Because: ", which name their environments"},
		Meaning: "where all of them go: they name no environment of their own (absent: `production`)",
	},
	{
		Key: "deployments.prereleases", Kind: source.Flag, Label: "Prereleases too", Description: "Whether those marked as such count.", When: fromReleases,
		Meaning: "`true` counts those marked as such",
	},
}
