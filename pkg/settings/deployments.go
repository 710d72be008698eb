package settings

import "github.com/livedora/dora-datasource/pkg/dora"

// SourceDeployment says what counts as a deployment in the source.
type SourceDeployment struct {
	From DeploymentsFrom `json:"from"`
	// Workflow, for workflow runs: matches the names of the workflows that deploy; empty is every workflow.
	Workflow dora.Pattern `json:"workflow,omitzero"`
	// Branch, for workflow runs: the branch or tag that they ran on; empty is any.
	Branch string `json:"branch,omitempty"`
	// Environment is where everything goes that names no environment of its own, which is all but GitHub's deployments.
	Environment string `json:"environment,omitempty"`
	// Prereleases, for releases: whether those marked as such count.
	Prereleases bool `json:"prereleases,omitempty"`
}

// DefaultEnvironment is where deployments go that name no environment.
const DefaultEnvironment = "production"

// Target is the environment of deployments that name none.
func (d SourceDeployment) Target() string {
	if d.Environment == "" {
		return DefaultEnvironment
	}
	return d.Environment
}

// DeploymentsFrom names the vendor's objects that are deployments.
type DeploymentsFrom string

// What a deployment may be.
const (
	FromDeployments  DeploymentsFrom = "deployments"   // GitHub's deployments with their statuses
	FromWorkflowRuns DeploymentsFrom = "workflow_runs" // runs of GitHub Actions
	FromReleases     DeploymentsFrom = "releases"      // when they are published
	FromTags         DeploymentsFrom = "tags"          // at the time of the annotation, or of the commit
	FromMerges       DeploymentsFrom = "merges"        // every commit that lands on the default branch
)

// Allowed lists what settings may name.
func (DeploymentsFrom) Allowed() []string {
	return []string{string(FromDeployments), string(FromWorkflowRuns), string(FromReleases), string(FromTags), string(FromMerges)}
}

// check finds keys that do not belong to what the deployments are, and an API that does not tell of it.
func (d SourceDeployment) check(at string, api API, fail func(field, format string, args ...any)) {
	from := d.From
	if from == "" {
		from = FromDeployments
	}
	for _, key := range []struct {
		name  string
		given bool
		only  DeploymentsFrom
	}{
		{"workflow", !d.Workflow.IsZero(), FromWorkflowRuns},
		{"branch", d.Branch != "", FromWorkflowRuns},
		{"prereleases", d.Prereleases, FromReleases},
	} {
		if key.given && from != key.only {
			fail(at+"."+key.name, "is not allowed with from: %s; allowed with from: %s", from, key.only)
		}
	}
	if d.Environment != "" && from == FromDeployments {
		fail(at+".environment", "is not allowed with from: deployments, which name their environments; allowed with from: workflow_runs, releases, tags, merges")
	}
	if api == APIREST && (from == FromReleases || from == FromTags) {
		fail(at+".from", "%s is not allowed with api: rest; allowed: deployments, workflow_runs, merges, or another api", from)
	}
}
