package gitlab

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares GitLab: gitlab.com, Dedicated, or an instance of one's own.
var System = source.System{
	Type: "gitlab", Name: "GitLab", Summary: "gitlab.com, Dedicated, or one of your own",
	Reads: []dora.Kind{dora.KindDeployment, dora.KindChange, dora.KindIncident},
	Tells: []dora.Kind{dora.KindDeployment, dora.KindChange, dora.KindIncident},
	Rows: [][]source.Field{
		{
			{
				Key: "url", Kind: source.Address, Label: "URL", Description: "As people open it, with its path if it lies beneath one.", Default: publicAddress,
				Meaning: "`https://gitlab.com` (the default), or the address that people open GitLab at, with the path that it lies beneath if there is one, such as `https://HOST/gitlab`. The addresses of its APIs are derived.",
			},
			{
				Key: "api", Kind: source.Choice, Label: "API", Description: "Which interface tells of single merge requests.", Choices: interfaces,
				Meaning: "which interface is asked for commits and reviews of merge requests: `auto` (the default): GraphQL, and REST where GraphQL is refused; `graphql`; `rest`, which takes two requests for each merge request where GraphQL takes one for a hundred. Lists are read over REST.",
			},
		},
		append([]source.Field{
			{
				Key: "repositories", Kind: source.Globs, Label: "Projects", Description: "One a line, as group/project with * for any and /** for all below; ! in front leaves out.",
				Example: "example-health/**\n!example-health/archive/**", Lines: 3,
				Required: "a list of " + projectNames, Form: projectForm,
				Meaning: "projects by their whole paths, `group/subgroup/project`, with `*` and `?` for parts of a name and `/**` in the end for all that is below a group; `!` in front leaves out. What is not selected any more is out of every figure [at once](operate.md#when-the-source-changes)",
			},
		}, deployments...),
		{source.HabitsField(projectForm, "example-health/libraries/**", deployments)},
		{
			{
				Key: "incidents.from", Kind: source.Choice, Label: "Incidents from", Description: "Which issues are incidents.", Choices: marks,
				Meaning: "which issues are incidents: `type` (the default): those of GitLab's type incident; `labels`: those with a label; `none`: issues are not read",
			},
			{
				Key: "incidents.labels", Kind: source.List, Label: "Incident labels", Description: "One a line. Issues with one of them are incidents.", Example: "incident",
				When: byLabels, Required: "a list of labels, of which an incident has at least one", Meaning: "an issue with any of these labels is an incident",
			},
			{
				Key: "incidents.severity", Kind: source.Pattern, Label: "Severity pattern", Description: "A regular expression on labels; its first group is the severity.",
				Example: `^sev(\d)$`, When: &source.When{Key: "incidents.from", Values: []string{string(IncidentsByType), string(IncidentsByLabels)}},
				Meaning: "a regular expression; its first group on a label is the severity (absent, or on no label: the severity that GitLab shows)",
			},
		},
	},
	Access: &source.Access{
		Ways: []source.Way{{
			Option:  source.Option{Value: "token", Label: "Access token", Description: "of a person, a project or a group"},
			Fields:  []source.Field{},
			Secrets: []source.Secret{{Name: secretToken, Label: "Token", Description: "With the scope read_api and the role Reporter."}},
		}},
	},
	Permissions: []source.Permission{{Name: "read_api", For: "all that is read; the role Reporter in each project"}},
	Webhook: &source.Webhook{
		Sender: "GitLab",
		Tells: "deployments and pipelines that end, merges, pushes to default branches, tags, releases and incidents have that project read within seconds; a project that is renamed, moved or deleted has everything looked at. " +
			"The secret is GitLab's secret token, or from version 19 on its signing token, which begins with `whsec_`. GitLab sends each webhook once, and switches hooks off that fail: the next reading notices what was missed",
		Proofs: []source.Header{
			{Name: "X-Gitlab-Token", Description: "GitLab's secret token"},
			{Name: "webhook-signature", Description: "GitLab's signature by a signing token: v1, and the HMAC-SHA-256 of webhook-id, webhook-timestamp and the body, with dots between, in base64"},
		},
		Place: "In GitLab's group or project, Settings → Webhooks → Add new webhook:",
		Template: `URL: <login>
Secret token, or signing token: SECRET
Trigger: <events>`,
		Events: []source.Event{
			{Name: "Push events"}, {Name: "Merge request events"}, {Name: "Deployment events", When: from(FromDeployments)}, {Name: "Issues events"},
			{Name: "Confidential issues events"}, {Name: "Pipeline events", When: from(FromPipelines)}, {Name: "Tag push events", When: from(FromTags)}, {Name: "Releases events", When: from(FromReleases)},
		},
	},
	Limits:    "gitlab.com allows 2,000 requests a minute and fewer for some lists; an instance of one's own what its administrator says. Either is waited out",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what its page says beyond the table of keys.
//
//go:embed reference.md
var reference string

var projectForm = &source.Form{Pattern: `^!?[\w.*?-]+(/[\w.*?-]+)+$`, Allowed: projectNames}

const projectNames = "group/project or group/subgroup/project, with * and ? for parts of a name, /** in the end for all below, and ! in front to leave out"

var byLabels = &source.When{Key: "incidents.from", Values: []string{string(IncidentsByLabels)}}

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
		Key: "deployments.pipeline", Kind: source.Pattern, Label: "Pipeline pattern", Description: "Matches the names of those that deploy.", Default: "any", Width: 32, When: from(FromPipelines),
		Meaning: "a regular expression on the pipeline's name, which `workflow:name` gives it (absent: every pipeline)",
	},
	{
		Key: "deployments.branch", Kind: source.Text, Label: "Branch", Description: "That they ran on.", Default: "any", Width: 20, When: from(FromPipelines),
		Meaning: "the exact name, no pattern, of the branch or tag that it ran on (absent: any)",
	},
	{
		Key: "deployments.environment", Kind: source.Text, Label: "Environment", Description: "Where all of them go.", Default: defaultEnvironment, Width: 24,
		When:    &source.When{Key: "deployments.from", Values: from(FromPipelines, FromReleases, FromTags, FromMerges).Values, Because: ", which name their environments"},
		Meaning: "where all of them go: they name no environment of their own (absent: `production`)",
	},
}
