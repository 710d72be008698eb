package github

import (
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what a GitHub is configured with.
type Settings struct {
	// URL is the API's address: https://api.github.com, or https://HOST/api/v3 for Enterprise Server.
	URL string `json:"url,omitempty"`
	// GraphQLURL overrides the address derived from URL.
	GraphQLURL string `json:"graphqlUrl,omitempty"`
	// API is which of the two interfaces is read; empty is APIAuto.
	API API `json:"api,omitempty"`
	// AppID and InstallationID name a GitHub App that is installed where the repositories are; it is used in place of a
	// token. The App's id may be its client id.
	AppID          string `json:"appId,omitempty"`
	InstallationID string `json:"installationId,omitempty"`
	// Repositories are owner/name globs (* and ? within a part); a leading ! excludes.
	Repositories []string    `json:"repositories,omitempty"`
	Deployments  Deployments `json:"deployments,omitzero"`
	Incidents    *Incidents  `json:"incidents,omitempty"` // absent: issues are not read
}

// API names one of GitHub's interfaces.
type API string

// The interfaces.
const (
	APIAuto    API = "auto"    // GraphQL, and REST where GraphQL is refused
	APIGraphQL API = "graphql" // many times cheaper
	APIREST    API = "rest"
)

// Allowed lists what settings may name.
func (API) Allowed() []string { return source.Values(interfaces) }

// Deployments says what counts as a deployment.
type Deployments struct {
	Habit
	// Rules are for repositories that are deployed in another way; the first that fits one wins.
	Rules []Rule `json:"rules,omitempty"`
}

// Rule says what counts as a deployment of some repositories.
type Rule struct {
	// Repositories are owner/name globs; a leading ! excludes.
	Repositories []string `json:"repositories"`
	Habit
}

// Fits implements source.HabitRule.
func (r Rule) Fits() []string { return r.Repositories }

// Says implements source.HabitRule.
func (r Rule) Says() Habit { return r.Habit }

// Habit is what counts as a deployment of a repository.
type Habit struct {
	From From `json:"from"`
	// Workflow, for workflow runs: matches the names of the workflows that deploy; empty is every workflow.
	Workflow dora.Pattern `json:"workflow,omitzero"`
	// Branch, for workflow runs: the branch or tag that they ran on; empty is any.
	Branch string `json:"branch,omitempty"`
	// Environment is where everything goes that names no environment of its own, which is all but GitHub's deployments.
	Environment string `json:"environment,omitempty"`
	// Prereleases, for releases: whether those marked as such count.
	Prereleases bool `json:"prereleases,omitempty"`
}

// defaultEnvironment is where deployments go that name no environment.
const defaultEnvironment = "production"

// Target is the environment of deployments that name none.
func (h Habit) Target() string {
	if h.Environment == "" {
		return defaultEnvironment
	}
	return h.Environment
}

// of is where deployments come from, the default included.
func (h Habit) of() From {
	if h.From == "" {
		return FromDeployments
	}
	return h.From
}

// From names what of GitHub is a deployment.
type From string

// What a deployment may be.
const (
	FromDeployments  From = "deployments"   // GitHub's deployments with their statuses
	FromWorkflowRuns From = "workflow_runs" // runs of GitHub Actions
	FromReleases     From = "releases"      // when they are published
	FromTags         From = "tags"          // at the time of the annotation, or of the commit
	FromMerges       From = "merges"        // every commit that lands on the default branch
)

// Allowed lists what settings may name.
func (From) Allowed() []string { return source.Values(origins) }

// Incidents says which issues are incidents.
type Incidents struct {
	// Labels: an issue that has any of them is an incident.
	Labels []string `json:"labels"`
	// Severity captures the severity from a label in its first group, such as ^sev(\d)$.
	Severity dora.Pattern `json:"severity,omitzero"`
}

// The short names of its secrets.
const (
	secretToken  = "token"
	secretAppKey = "appPrivateKey" // PEM, as GitHub hands it out
)

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Judge implements source.Judge: REST does not tell of everything.
func (s *Settings) Judge(at string, fail source.Fail) {
	if s.API != APIREST {
		return
	}
	judge := func(at string, from From) {
		if from == FromReleases || from == FromTags {
			fail(at+".from", "%s is not allowed with api: rest; allowed: deployments, workflow_runs, merges, or another api", from)
		}
	}
	judge(at+".deployments", s.Deployments.From)
	for i, rule := range s.Deployments.Rules {
		judge(fmt.Sprintf("%s.%s[%d]", at, source.HabitsKey, i), rule.From)
	}
}

// HabitsOf implements source.Habitual.
func (s *Settings) HabitsOf() [][]string { return source.FitsOf[Habit](s.Deployments.Rules) }

// Selects implements source.Selector.
func (s *Settings) Selects() []string { return s.Repositories }

// ByLabels implements source.Labelled.
func (*Settings) ByLabels(labels []string) any { return Incidents{Labels: labels} }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	switch kind {
	case dora.KindRepository:
		return "its owner has none of that name, or the token may not see it."
	case dora.KindDeployment:
		return s.Deployments.lacking() + source.NorByRules(len(s.Deployments.Rules))
	case dora.KindIncident:
		if s.Incidents != nil {
			return fmt.Sprintf("no issue has a label of incidents.labels (%s).", source.Listed(s.Incidents.Labels))
		}
	}
	return ""
}

// lacking says what was looked for, and not found, where nothing is a deployment.
func (h Habit) lacking() string {
	switch h.From {
	case FromWorkflowRuns:
		text := "no run of GitHub Actions"
		if !h.Workflow.IsZero() {
			text += fmt.Sprintf(" is of a workflow whose name matches deployments.workflow %q,", h.Workflow)
		}
		if h.Branch != "" {
			text += fmt.Sprintf(" ran on deployments.branch %q (an exact name),", h.Branch)
		}
		return strings.TrimSuffix(text, ",") + ". The repository's page Actions shows the names that there are."
	case FromReleases:
		return "no release was published (drafts do not count, and those marked as prereleases only with deployments.prereleases)."
	case FromTags:
		return "they have no tags."
	case FromMerges:
		return "nothing has landed on a default branch since the back-fill began."
	}
	return "GitHub has no deployments of them. Where they are recorded elsewhere, deployments.from names it: workflow_runs, releases, tags or merges."
}
