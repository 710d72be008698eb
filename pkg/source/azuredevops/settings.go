package azuredevops

import (
	"fmt"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what an organisation or a collection is configured with.
type Settings struct {
	// URL is the organisation's address, https://dev.azure.com/ORGANISATION, or a collection's, https://HOST/tfs/COLLECTION.
	URL string `json:"url,omitempty"`
	// ReleaseURL is where classic releases are, where that does not follow from URL.
	ReleaseURL string `json:"releaseUrl,omitempty"`
	// Tenant and ClientID are those of an application in Entra that asks in place of a person. LoginURL is where it logs in.
	Tenant   string `json:"tenant,omitempty"`
	ClientID string `json:"clientId,omitempty"`
	LoginURL string `json:"loginUrl,omitempty"`
	// Repositories are globs of project/repository; a leading ! excludes. Their projects are read.
	Repositories []string `json:"repositories,omitempty"`
	// GitHub are globs of owner/name: repositories there which pipelines of these projects deploy.
	GitHub      []string    `json:"github,omitempty"`
	Deployments Deployments `json:"deployments,omitzero"`
	Incidents   Incidents   `json:"incidents,omitzero"`
}

// Deployments says what counts as a deployment.
type Deployments struct {
	Habit
	// Rules are for repositories that are deployed in another way; the first that fits one wins.
	Rules []Rule `json:"rules,omitempty"`
}

// Rule says what counts as a deployment of some repositories.
type Rule struct {
	// Repositories are globs of project/repository, or of owner/name of those on GitHub; a leading ! excludes.
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
	// Pipeline matches the names of the pipelines, or of the release definitions; empty is every one.
	Pipeline dora.Pattern `json:"pipeline,omitzero"`
	// Stage, by stages: the stages whose names match deploy, into the environment that the first group captures, or that is
	// called as they are.
	Stage dora.Pattern `json:"stage,omitzero"`
}

// of is where deployments come from, the default included.
func (h Habit) of() From {
	if h.From == "" {
		return FromEnvironments
	}
	return h.From
}

// takes says whether a pipeline's or release definition's runs deploy.
func (h Habit) takes(pipeline string) bool { return h.Pipeline.IsZero() || h.Pipeline.Match(pipeline) }

// From names what of Azure DevOps is a deployment.
type From string

// What a deployment may be.
const (
	FromEnvironments From = "environments" // what environments record of stages
	FromReleases     From = "releases"     // what classic releases deploy into stages
	FromStages       From = "stages"       // stages of runs, by their names
)

// Allowed lists what settings may name.
func (From) Allowed() []string { return source.Values(origins) }

// Incidents says which work items are incidents.
type Incidents struct {
	From IncidentsFrom `json:"from,omitempty"`
	// Tags, by tags: a work item that has any of them is an incident. Types, by types: one of any of these types.
	Tags  []string `json:"tags,omitempty"`
	Types []string `json:"types,omitempty"`
	// Resolved are the states in which an incident is over; none: Closed, Done and Completed.
	Resolved []string `json:"resolved,omitempty"`
	// Severity captures the severity from a tag or from the field Severity in its first group, such as ^(\d) - .
	Severity dora.Pattern `json:"severity,omitzero"`
}

// IncidentsFrom names what makes a work item an incident.
type IncidentsFrom string

// What may make one.
const (
	NoIncidents     IncidentsFrom = "none" // work items are not read
	IncidentsByTags IncidentsFrom = "tags"
	IncidentsByType IncidentsFrom = "types"
)

// Allowed lists what settings may name.
func (IncidentsFrom) Allowed() []string { return source.Values(marks) }

// The short names of the secrets.
const (
	secretToken  = "token"
	secretClient = "clientSecret"
)

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Selects implements source.Selector.
func (s *Settings) Selects() []string {
	return append(append([]string{}, s.Repositories...), s.GitHub...)
}

// HabitsOf implements source.Habitual.
func (s *Settings) HabitsOf() [][]string { return source.FitsOf[Habit](s.Deployments.Rules) }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	switch kind {
	case dora.KindRepository:
		return "its project has no Git repository of that name, or the token may not see it."
	case dora.KindDeployment:
		text := "no environment has a record of a job that deployed them: no pipeline names an environment in a deployment job. Where they are deployed by classic releases, deployments.from is releases; where stages deploy without environments, it is stages."
		switch s.Deployments.From {
		case FromReleases:
			text = "no classic release deployed them. Where pipelines deploy into environments, deployments.from is environments."
		case FromStages:
			text = fmt.Sprintf("no run had a stage that matches deployments.stage %q and did something. Where pipelines deploy into environments, deployments.from is environments.", s.Deployments.Stage)
		}
		if !s.Deployments.Pipeline.IsZero() {
			text += fmt.Sprintf(" Only what matches deployments.pipeline %q was looked at.", s.Deployments.Pipeline)
		}
		return text + source.NorByRules(len(s.Deployments.Rules))
	case dora.KindIncident:
		switch s.Incidents.From {
		case IncidentsByTags:
			return fmt.Sprintf("no work item has a tag of incidents.tags (%s).", source.Listed(s.Incidents.Tags))
		case IncidentsByType:
			return fmt.Sprintf("no work item is of a type of incidents.types (%s).", source.Listed(s.Incidents.Types))
		}
	}
	return ""
}

var origins = []source.Option{
	{Value: string(FromEnvironments), Label: "Environments", Description: "what pipelines deploy into environments"},
	{Value: string(FromStages), Label: "Stages", Description: "stages of runs, by their names"},
	{Value: string(FromReleases), Label: "Classic releases", Description: "what releases deploy into stages"},
}

var marks = []source.Option{
	{Value: string(NoIncidents), Label: "None", Description: "work items are not read"},
	{Value: string(IncidentsByTags), Label: "Work items with a tag", Description: "with any of some tags"},
	{Value: string(IncidentsByType), Label: "Work items of a type", Description: "of any of some types"},
}
