// Package settings is the one schema of what an administrator configures, wherever it is read: from Grafana's editor,
// from a provisioning file, or by the command line. It knows the domain's definitions and what systems declare of
// themselves, and nothing of any one system, of stores or Grafana.
package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Settings are all that one data source is configured with.
type Settings struct {
	Sources  []Source       `json:"sources"`
	Services []dora.Service `json:"services"`
	// Sinks are where figures are delivered to.
	Sinks []Sink `json:"sinks,omitempty"`
	// Owners are where the owners of services are found, in order, and Teams what these are called.
	Owners []dora.OwnerRule `json:"owners,omitempty"`
	Teams  []dora.TeamName  `json:"teams,omitempty"`
	// OtherRepositories says what becomes of those that no entry of services takes.
	OtherRepositories Others          `json:"otherRepositories,omitempty"`
	Production        dora.Pattern    `json:"production"`
	Definition        dora.Definition `json:"definition"`
	Collect           Collect         `json:"collect"`
	Store             Store           `json:"store"`

	// Systems are those that a source may be of, and Kinds those of sinks.
	Systems source.Systems `json:"-"`
	Kinds   sink.Systems   `json:"-"`
}

// Others says what becomes of the repositories that no entry of services takes.
type Others string

// What becomes of them. Where settings say nothing each is a service, and a notice says so.
const (
	OthersAsServices Others = "as_services"
	OthersLeftOut    Others = "leave_out"
)

// Allowed lists the values that settings may name.
func (Others) Allowed() []string { return []string{string(OthersAsServices), string(OthersLeftOut)} }

// Collect says how often and how far back.
type Collect struct {
	Every    dora.Duration `json:"every"`
	Backfill dora.Duration `json:"backfill"`
}

// Defaults are the settings where nothing is said.
func Defaults() Settings {
	return Settings{
		Production: dora.DefaultProduction,
		Definition: dora.DefaultDefinition(),
		Collect:    Collect{Every: dora.Duration(time.Hour), Backfill: dora.Duration(365 * 24 * time.Hour)},
		Store:      Store{Type: StoreMemory},
	}
}

// keys are the top-level keys that are ours. Others belong to Grafana (timeouts, TLS, headers) and are left alone.
var keys = []string{"sources", "services", "otherRepositories", "owners", "teams", "production", "definition", "collect", "store", "sinks"}

// everyLimit is the shortest interval of collection: faster would spend a vendor's limit on nothing.
const everyLimit = time.Minute

// Parse reads jsonData and secureJsonData, whose sources are of the given systems, and whose sinks of the given kinds. The error
// joins one *strict.Error for each mistake. The settings returned beside an error must not be used.
func Parse(systems source.Systems, jsonData map[string]any, secrets map[string]string, sinks ...*sink.System) (Settings, error) {
	s := Defaults()
	s.Systems, s.Kinds = systems, sinks
	ours := map[string]any{}
	for _, key := range keys {
		if value, ok := jsonData[key]; ok {
			ours[key] = value
		}
	}
	if err := strict.Decode("", ours, &s, readSource(systems), readSink(sinks)); err != nil {
		return s, s.label(err)
	}
	s.Store.complete(ours["store"], secrets)
	s.takeSecrets(secrets)
	s.takeSinkSecrets(secrets)
	s.share()
	s.serve()
	return s, s.label(s.validate())
}

// ParseMapping reads services and production alone, as an editor has them before they are saved.
func ParseMapping(object map[string]any) (dora.Mapping, error) {
	s := struct {
		Services          []dora.Service `json:"services"`
		OtherRepositories Others         `json:"otherRepositories"`
		Production        dora.Pattern   `json:"production"`
	}{Production: dora.DefaultProduction}
	if err := strict.Decode("", object, &s); err != nil {
		return dora.Mapping{}, err
	}
	var mistakes []error
	for i := range s.Services {
		checkRule(fmt.Sprintf("services[%d]", i), &s.Services[i], func(field, format string, args ...any) {
			mistakes = append(mistakes, &strict.Error{Field: field, Problem: fmt.Sprintf(format, args...)})
		})
	}
	return dora.Mapping{Services: s.Services, KeepOthers: s.OtherRepositories != OthersLeftOut, Production: s.Production}, strict.Mistakes(mistakes)
}

// KeepsOthers says that each repository which no entry of services takes is a service.
func (s *Settings) KeepsOthers() bool {
	return len(s.Services) == 0 || s.OtherRepositories != OthersLeftOut
}

// Mapping is what the settings say of services and production.
func (s *Settings) Mapping() dora.Mapping {
	m := dora.Mapping{Services: s.Services, KeepOthers: s.KeepsOthers(), Production: s.Production, Ownership: dora.Ownership{Rules: s.Owners, Names: s.Teams}}
	for _, source := range s.Sources {
		if repositories := source.Selects(); len(repositories) > 0 {
			m.Selections = append(m.Selections, dora.Selection{Source: source.ID, Repositories: repositories})
		}
	}
	return m
}

// takeSecrets hands each source its secrets: sources.<id>.<name>, and where it has none for webhooks, the common one.
func (s *Settings) takeSecrets(secrets map[string]string) {
	for i := range s.Sources {
		each := &s.Sources[i]
		each.Secrets = map[string]string{}
		if common := strings.TrimSpace(secrets[SecretWebhooks]); common != "" {
			each.Secrets[source.SecretWebhook] = common
		}
		prefix := source.SecretKey(each.ID, "")
		for key, value := range secrets {
			if name, ok := strings.CutPrefix(key, prefix); ok && value != "" && !strings.Contains(name, ".") {
				each.Secrets[name] = strings.TrimSpace(value)
			}
		}
	}
}

var idPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$`)

func (s *Settings) validate() error {
	var mistakes []error
	fail := func(field, format string, args ...any) {
		mistakes = append(mistakes, &strict.Error{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	ids := []string{}
	for i := range s.Sources {
		each := &s.Sources[i]
		at := fmt.Sprintf("sources[%d]", i)
		if !idPattern.MatchString(each.ID) {
			fail(at+".id", "%q is not allowed; allowed: 1 to 64 letters, digits, - and _, the first a letter or digit", each.ID)
		} else if slices.Contains(ids, each.ID) {
			fail(at+".id", "%q is there twice; each source needs an id of its own", each.ID)
		}
		ids = append(ids, each.ID)
		if each.Type == "" {
			fail(at+".type", "is missing; allowed: %s", strings.Join(s.Systems.Types(), ", "))
		}
		each.checkForeign(s.Systems, at, fail)
		each.System.Judge(at, each.ID, each.Own, each.Secrets, fail)
	}
	s.validateServices(ids, fail)
	s.validateOwners(ids, fail)
	if s.Production.IsZero() {
		fail("production", "is empty; allowed: a regular expression that matches the names of production environments")
	}
	if time.Duration(s.Collect.Every) < everyLimit {
		fail("collect.every", "%s is too short; allowed: %s or longer", s.Collect.Every, dora.Duration(everyLimit))
	}
	if s.Collect.Backfill <= 0 {
		fail("collect.backfill", "%s is too short; allowed: a length of time, such as 365d", s.Collect.Backfill)
	}
	s.Store.validate(fail)
	s.validateSinks(ids, fail)
	if s.Definition.IncidentWindow <= 0 {
		fail("definition.incidentWindow", "%s is too short; allowed: a length of time, such as 24h", s.Definition.IncidentWindow)
	}
	return strict.Mistakes(mistakes)
}

func (s *Settings) validateServices(sources []string, fail func(field, format string, args ...any)) {
	names := map[string]bool{}
	for i, service := range s.Services {
		at := fmt.Sprintf("services[%d]", i)
		switch {
		case service.Match != nil: // several may give one name
			checkRule(at, &service, fail)
		case service.Name == "":
			fail(at+".name", "is missing")
		case names[service.Name]:
			fail(at+".name", "%q is there twice; each service needs a name of its own", service.Name)
		default:
			names[service.Name] = true
		}
		if slices.Contains(service.Owners(), dora.Unowned) {
			fail(at+".team", "%s stands for services that nobody owns; allowed: another name, or none", dora.Unowned)
		}
		for j, rule := range service.Deployments {
			if rule.Source != "" || service.Match == nil { // a rule's is that of what it takes
				checkSource(fmt.Sprintf("%s.deployments[%d].source", at, j), rule.Source, sources, fail)
			}
			if rule.Code != nil {
				checkSource(fmt.Sprintf("%s.deployments[%d].code.source", at, j), rule.Code.Source, sources, fail)
			}
			if len(rule.Paths) > 0 && !slices.ContainsFunc(rule.Paths, func(g dora.Glob) bool { return !g.Excludes() }) {
				fail(fmt.Sprintf("%s.deployments[%d].paths", at, j), "only leaves out; allowed: at least one path without ! in front, such as packages/x/**")
			}
		}
		for j, rule := range service.Incidents {
			checkSource(fmt.Sprintf("%s.incidents[%d].source", at, j), rule.Source, sources, fail)
		}
	}
}

func checkSource(field, id string, sources []string, fail func(field, format string, args ...any)) {
	if !slices.Contains(sources, id) {
		allowed := strings.Join(sources, ", ")
		if allowed == "" {
			allowed = "nothing, for no source is configured"
		}
		fail(field, "%q is no source's id; allowed: %s", id, allowed)
	}
}
