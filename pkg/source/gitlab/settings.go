package gitlab

import (
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what a GitLab is configured with.
type Settings struct {
	// URL is the address that people open GitLab at: https://gitlab.com, or https://HOST with the path that it lies beneath.
	URL string `json:"url,omitempty"`
	// API is which of the two interfaces is asked for what belongs to single merge requests; empty is APIAuto.
	API API `json:"api,omitempty"`
	// Repositories are globs of projects' whole paths, group/subgroup/project; a leading ! excludes.
	Repositories []string    `json:"repositories,omitempty"`
	Deployments  Deployments `json:"deployments,omitzero"`
	Incidents    Incidents   `json:"incidents,omitzero"`
}

// API names one of GitLab's interfaces.
type API string

// The interfaces. Lists are read over REST with all of them.
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
	// Rules are for projects that are deployed in another way; the first that fits one wins.
	Rules []Rule `json:"rules,omitempty"`
}

// Rule says what counts as a deployment of some projects.
type Rule struct {
	// Repositories are globs of projects' whole paths; a leading ! excludes.
	Repositories []string `json:"repositories"`
	Habit
}

// Fits implements source.HabitRule.
func (r Rule) Fits() []string { return r.Repositories }

// Says implements source.HabitRule.
func (r Rule) Says() Habit { return r.Habit }

// Habit is what counts as a deployment of a project.
type Habit struct {
	From From `json:"from"`
	// Branch, for pipelines: the branch or tag that they ran on; empty is any.
	Branch string `json:"branch,omitempty"`
	// Pipeline, for pipelines: matches their names, which workflow:name gives them; empty is every pipeline.
	Pipeline dora.Pattern `json:"pipeline,omitzero"`
	// Environment is where everything goes that names no environment of its own, which is all but GitLab's deployments.
	Environment string `json:"environment,omitempty"`
}

// defaultEnvironment is where deployments go that name no environment.
const defaultEnvironment = "production"

func (h Habit) target() string {
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

// From names what of GitLab is a deployment.
type From string

// What a deployment may be.
const (
	FromDeployments From = "deployments" // GitLab's deployments
	FromPipelines   From = "pipelines"   // pipelines that end well
	FromReleases    From = "releases"    // when they are released
	FromTags        From = "tags"        // at the time of the annotation, or of the commit
	FromMerges      From = "merges"      // every commit that lands on the default branch
)

// Allowed lists what settings may name.
func (From) Allowed() []string { return source.Values(origins) }

// Incidents says which issues are incidents.
type Incidents struct {
	From IncidentsFrom `json:"from,omitempty"`
	// Labels, by labels: an issue that has any of them is an incident.
	Labels []string `json:"labels,omitempty"`
	// Severity captures the severity from a label in its first group, such as ^sev(\d)$; an incident that has no such label
	// has the severity that GitLab shows, 1 (critical) to 4 (low).
	Severity dora.Pattern `json:"severity,omitzero"`
}

// IncidentsFrom names what makes an issue an incident.
type IncidentsFrom string

// What may make one.
const (
	IncidentsByType   IncidentsFrom = "type"   // GitLab's type incident
	IncidentsByLabels IncidentsFrom = "labels" // any of some labels
	NoIncidents       IncidentsFrom = "none"   // issues are not read
)

// Allowed lists what settings may name.
func (IncidentsFrom) Allowed() []string { return source.Values(marks) }

// secretToken is the short name of the token that GitLab is read with.
const secretToken = "token"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Selects implements source.Selector.
func (s *Settings) Selects() []string { return s.Repositories }

// HabitsOf implements source.Habitual.
func (s *Settings) HabitsOf() [][]string { return source.FitsOf[Habit](s.Deployments.Rules) }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	switch kind {
	case dora.KindRepository:
		return "its group has no project of that name, or the token may not see it."
	case dora.KindDeployment:
		return s.Deployments.lacking() + source.NorByRules(len(s.Deployments.Rules))
	case dora.KindIncident:
		switch s.Incidents.From {
		case NoIncidents:
			return ""
		case IncidentsByLabels:
			return fmt.Sprintf("no issue has a label of incidents.labels (%s).", source.Listed(s.Incidents.Labels))
		}
		return "no issue is of the type incident. Where incidents are issues with a label, incidents.from is labels; where they are elsewhere, it is none."
	}
	return ""
}

// lacking says what was looked for, and not found, where nothing is a deployment.
func (h Habit) lacking() string {
	switch h.From {
	case FromPipelines:
		text := "no pipeline"
		if !h.Pipeline.IsZero() {
			text += fmt.Sprintf(" has a name that matches deployments.pipeline %q,", h.Pipeline)
		}
		if h.Branch != "" {
			text += fmt.Sprintf(" ran on deployments.branch %q (an exact name),", h.Branch)
		}
		return strings.TrimSuffix(text, ",") + "."
	case FromReleases:
		return "nothing was released (upcoming releases do not count)."
	case FromTags:
		return "they have no tags."
	case FromMerges:
		return "nothing has landed on a default branch since the back-fill began."
	}
	return "GitLab has no deployments of them: no job names an environment. Where they are recorded elsewhere, deployments.from names it: pipelines, releases, tags or merges."
}

var interfaces = []source.Option{
	{Value: string(APIAuto), Label: "Whichever answers", Description: "GraphQL, and REST where GraphQL is refused"},
	{Value: string(APIGraphQL), Label: "GraphQL", Description: "many times cheaper"},
	{Value: string(APIREST), Label: "REST", Description: "where GraphQL is not to be used"},
}

var marks = []source.Option{
	{Value: string(IncidentsByType), Label: "Incidents", Description: "issues of GitLab's type incident"},
	{Value: string(IncidentsByLabels), Label: "Issues with a label", Description: "with any of some labels"},
	{Value: string(NoIncidents), Label: "None", Description: "issues are not read"},
}

var origins = []source.Option{
	{Value: string(FromDeployments), Label: "GitLab deployments", Description: "each deployment into an environment"},
	{Value: string(FromPipelines), Label: "Pipelines", Description: "each pipeline that succeeds"},
	{Value: string(FromReleases), Label: "Releases", Description: "each release, at its date"},
	{Value: string(FromTags), Label: "Tags", Description: "each tag, at its time"},
	{Value: string(FromMerges), Label: "Merges", Description: "each commit that lands on the default branch"},
}
