package dora

import (
	"slices"
	"strings"
)

// Service is what DORA measures: one application, owned by a team, or by several.
type Service struct {
	// Match makes the entry a rule: services are made of what fits, and {word} in its other texts stands for what Match
	// remembers. Package mapping says how.
	Match *Match `json:"match,omitempty"`
	Name  string `json:"name"`
	Team  string `json:"team,omitempty"`
	// Teams are those that own it, beside Team.
	Teams       []string         `json:"teams,omitempty"`
	Deployments []DeploymentRule `json:"deployments,omitempty"`
	Incidents   []IncidentRule   `json:"incidents,omitempty"`
}

// Names says whether any entry of its deployments names a repository.
func (s *Service) Names(repository string) bool {
	return slices.ContainsFunc(s.Deployments, func(rule DeploymentRule) bool { return strings.EqualFold(rule.Repository, repository) })
}

// NameTemplate is what names the services of a rule: what it says, or what its shapes remember as {service}, or else the
// repository.
func (s *Service) NameTemplate() string {
	switch {
	case s.Name != "" || s.Match == nil:
		return s.Name
	case slices.Contains(s.Match.Words(), WordService):
		return "{" + WordService + "}"
	}
	return "{" + WordRepository + "}"
}

// Unowned stands where a team does for services that nobody owns. No team can be called so.
const Unowned = "(unowned)"

// unowned are the teams of a service without any.
var unowned = []string{Unowned}

// Owners are the teams that own it by its own settings, each once; none: they do not say.
func (s *Service) Owners() []string {
	var owners []string
	for _, team := range append([]string{s.Team}, s.Teams...) {
		if team != "" && !slices.Contains(owners, team) {
			owners = append(owners, team)
		}
	}
	return owners
}

// Owned are the teams of services, by the services' names.
type Owned map[string][]string

// Of are a service's teams, each of which has it in its group; Unowned where it has none.
func (o Owned) Of(service string) []string {
	if teams := o[service]; len(teams) > 0 {
		return teams
	}
	return unowned
}

// Mapping says which services there are and what is production. Without services every repository is one, named
// after it.
type Mapping struct {
	// Services are entries of the settings: services, and rules that make some.
	Services []Service
	// KeepOthers says that each repository which no entry takes is a service as well, named after it.
	KeepOthers bool
	Production Pattern
	Ownership  Ownership
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
	// Above is what entries before it take of the repository. It is not written in settings: rules have it.
	Above *Above `json:"-"`
}

// Above is what a rule leaves to the entries before it.
type Above struct {
	Entries []DeploymentRule
	Rules   []PartRule
}

// PartRule is a rule that takes parts of a repository of which something is remembered.
type PartRule struct {
	Match *Match
	Known Captures
}

// Takes says whether any entry before takes a deployment.
func (a *Above) Takes(d *Deployment, production Pattern) bool {
	if a == nil {
		return false
	}
	for i := range a.Entries {
		if a.Entries[i].Matches(d, production) {
			return true
		}
	}
	for _, rule := range a.Rules {
		if _, taken := rule.Match.TakesPart(d.Environment, d.Tier, d.Task, d.Ref, rule.Known); taken {
			return true
		}
	}
	return false
}

// Code is a repository of a source that reads code.
type Code struct {
	Source     string `json:"source"`
	Repository string `json:"repository,omitempty"` // empty: of the same name
}

// Same says whether two entries take the same.
func (r *DeploymentRule) Same(other *DeploymentRule) bool {
	sameCode := r.Code == other.Code || r.Code != nil && other.Code != nil && *r.Code == *other.Code
	return r.Source == other.Source && r.Repository == other.Repository && r.Environment.String() == other.Environment.String() &&
		r.Tier == other.Tier && r.TagPrefix == other.TagPrefix && r.Task == other.Task && sameCode &&
		slices.EqualFunc(r.Paths, other.Paths, func(a, b Glob) bool { return a.String() == b.String() }) && r.Above.same(other.Above)
}

func (a *Above) same(other *Above) bool {
	if a == nil || other == nil {
		return a == other
	}
	return slices.EqualFunc(a.Entries, other.Entries, func(one, two DeploymentRule) bool { return one.Same(&two) }) &&
		slices.EqualFunc(a.Rules, other.Rules, func(one, two PartRule) bool { return one.Match == two.Match && slices.Equal(one.Known, two.Known) })
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
		(r.Task == "" || d.Task == r.Task) &&
		!r.Above.Takes(d, production)
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

// Same says whether two entries take the same.
func (r *IncidentRule) Same(other *IncidentRule) bool {
	return r.Source == other.Source && r.Repository == other.Repository && r.Service == other.Service &&
		slices.Equal(r.Labels, other.Labels) && slices.Equal(r.ExcludeLabels, other.ExcludeLabels)
}

// Same says whether two services are the same, and take the same.
func (s *Service) Same(other *Service) bool {
	return s.Name == other.Name && s.Team == other.Team && slices.Equal(s.Teams, other.Teams) &&
		slices.EqualFunc(s.Deployments, other.Deployments, func(a, b DeploymentRule) bool { return a.Same(&b) }) &&
		slices.EqualFunc(s.Incidents, other.Incidents, func(a, b IncidentRule) bool { return a.Same(&b) })
}
