package dora

import (
	"slices"
	"strings"
)

// Service is what DORA measures: one application, owned by a team.
type Service struct {
	Name        string           `json:"name"`
	Team        string           `json:"team,omitempty"`
	Deployments []DeploymentRule `json:"deployments,omitempty"`
	Incidents   []IncidentRule   `json:"incidents,omitempty"`
}

// Mapping says which services there are and what is production. Without services every repository is one, named
// after it.
type Mapping struct {
	Services   []Service
	Production Pattern
	// Selections are which repositories of a source count; of a source that has none all do.
	Selections []Selection
}

// DefaultProduction matches the environments that most teams call production.
var DefaultProduction = MustPattern(`(?i)^(prod|production|live)$`)

// DeploymentRule says which deployments are a service's. What is empty does not restrict, but for the environment:
// where none is given, the pattern of production applies. It matches all spellings of an environment, or none.
type DeploymentRule struct {
	Source      string  `json:"source"`
	Repository  string  `json:"repository"` // owner/name
	Environment Pattern `json:"environment,omitzero"`
	// Tier is what the vendor says that the environment is for. Where it is given, and no environment, it decides alone.
	Tier      string `json:"tier,omitempty"`
	TagPrefix string `json:"tagPrefix,omitempty"` // the ref starts with it
	Task      string `json:"task,omitempty"`      // the deployment task or workflow
	// Code is where the commits and changes are read that its deployments ship; nil: in their own repository, or in the one
	// repository of the same name that another source reads.
	Code *Code `json:"code,omitempty"`
	// Paths tell the service from others that share its deployments: its changes are those that touch any of them.
	Paths []Glob `json:"paths,omitempty"`
}

// Code is a repository of a source that reads code.
type Code struct {
	Source     string `json:"source"`
	Repository string `json:"repository,omitempty"` // empty: of the same name
}

// IncidentRule says which incidents are a service's.
type IncidentRule struct {
	Source        string   `json:"source"`
	Repository    string   `json:"repository,omitempty"`    // owner/name, where incidents are issues
	Service       string   `json:"service,omitempty"`       // the incident system's own service
	Labels        []string `json:"labels,omitempty"`        // any of them
	ExcludeLabels []string `json:"excludeLabels,omitempty"` // none of them
}

// Matches says whether a deployment is one of the rule's.
func (r *DeploymentRule) Matches(d *Deployment, production Pattern) bool {
	environment := r.Environment
	if environment.IsZero() && r.Tier == "" {
		environment = production
	}
	return d.Source == r.Source &&
		(r.Repository == "" || strings.EqualFold(d.Repository, r.Repository)) &&
		(environment.IsZero() && r.Tier != "" || environment.MatchFold(d.Environment)) &&
		(r.Tier == "" || strings.EqualFold(d.Tier, r.Tier)) &&
		(r.TagPrefix == "" || strings.HasPrefix(d.Ref, r.TagPrefix)) &&
		(r.Task == "" || d.Task == r.Task)
}

// Matches says whether an incident is one of the rule's. Labels are compared without case.
func (r *IncidentRule) Matches(i *Incident) bool {
	return i.Source == r.Source &&
		(r.Repository == "" || strings.EqualFold(i.Repository, r.Repository)) &&
		(r.Service == "" || i.Service == r.Service) &&
		(len(r.Labels) == 0 || anyLabel(i.Labels, r.Labels)) &&
		!anyLabel(i.Labels, r.ExcludeLabels)
}

func anyLabel(have, wanted []string) bool {
	return slices.ContainsFunc(have, func(label string) bool {
		return slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(label, w) })
	})
}
