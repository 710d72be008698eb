package servicenow

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what an instance is configured with. A column may lead on through a reference, such as cmdb_ci.correlation_id.
type Settings struct {
	// URL is the instance's address, https://INSTANCE.service-now.com.
	URL string `json:"url,omitempty"`
	// ClientID is that of an OAuth client that asks by its own right, User the name of a user who asks with a password.
	ClientID string `json:"clientId,omitempty"`
	User     string `json:"user,omitempty"`
	// Service are the columns of which the first that is filled in names the service of a record, Repository those that name
	// the repository.
	Service     []string    `json:"service,omitempty"`
	Repository  []string    `json:"repository,omitempty"`
	Incidents   Incidents   `json:"incidents,omitzero"`
	Deployments Deployments `json:"deployments,omitzero"`
}

// Incidents says which records are incidents, and what their columns mean.
type Incidents struct {
	From IncidentsFrom `json:"from,omitempty"`
	// Table is where they are, Filter an encoded query that they fulfil.
	Table  string `json:"table,omitempty"`
	Filter string `json:"filter,omitempty"`
	// Severity is the column that has it, Unset its values that nobody chose.
	Severity string   `json:"severity,omitempty"`
	Unset    []string `json:"unset,omitempty"`
	// Opened, Acknowledged and Resolved are columns, of which the first that is filled in counts.
	Opened       []string `json:"opened,omitempty"`
	Acknowledged []string `json:"acknowledged,omitempty"`
	Resolved     []string `json:"resolved,omitempty"`
	// Restored are values of state in which service is restored, NoIncident values of close_code that mean that there was none.
	Restored   []string `json:"restored,omitempty"`
	NoIncident []string `json:"noIncident,omitempty"`
	// Causes refer to the changes that caused an incident or remedy it, PartOf to the record of the whole interruption, and
	// Same have the address or key of another system's record.
	Causes []string `json:"causes,omitempty"`
	PartOf []string `json:"partOf,omitempty"`
	Same   []string `json:"same,omitempty"`
	// Labels are columns whose values are labels, such as category:software.
	Labels []string `json:"labels,omitempty"`
}

// IncidentsFrom says whether incidents are read.
type IncidentsFrom string

// What incidents may be.
const (
	FromRecords IncidentsFrom = "records" // records of the table of incidents
	NoIncidents IncidentsFrom = "none"
)

// Allowed lists what settings may name.
func (IncidentsFrom) Allowed() []string { return source.Values(incidentsFrom) }

// Deployments says which changes are deployments, and what their columns mean.
type Deployments struct {
	From From `json:"from,omitempty"`
	// Table is where changes are, Filter an encoded query that those fulfil which are deployments.
	Table  string `json:"table,omitempty"`
	Filter string `json:"filter,omitempty"`
	// Success, Failed and FailedInProduction are values of close_code: it is deployed; nothing was; it was, failed, and was
	// restored at the end.
	Success            []string `json:"success,omitempty"`
	Failed             []string `json:"failed,omitempty"`
	FailedInProduction []string `json:"failedInProduction,omitempty"`
	// Start and End are the columns of the actual times; the first that is filled in counts, as it does of those below.
	Start       []string `json:"start,omitempty"`
	End         []string `json:"end,omitempty"`
	Environment []string `json:"environment,omitempty"`
	Commit      []string `json:"commit,omitempty"`
	Version     []string `json:"version,omitempty"`
}

// From says whether changes are deployments.
type From string

// What deployments may be.
const (
	NoDeployments From = "none"
	FromChanges   From = "changes" // change requests
	// FromElsewhere says that another source tells of deployments, and change requests of how they went.
	FromElsewhere From = "evidence"
)

// Allowed lists what settings may name.
func (From) Allowed() []string { return source.Values(deploymentsFrom) }

// The short names of the secrets.
const (
	secretKey      = "token"
	secretClient   = "clientSecret"
	secretPassword = "password"
)

// What holds where settings say nothing.
const (
	incidentTable = "incident"
	changeTable   = "change_request"
	// incidentFilter leaves out what the table of incidents has for plain questions; it is the value that a record has until
	// somebody chooses another.
	incidentFilter     = "category!=inquiry"
	defaultSeverity    = "priority"
	defaultEnvironment = "production"
)

var (
	serviceColumns      = []string{"business_service", "cmdb_ci"}
	openedColumns       = []string{"opened_at", "sys_created_on"}
	resolvedColumns     = []string{"resolved_at"}
	restoredStates      = []string{"6", "7"} // Resolved, Closed
	causeColumns        = []string{"caused_by", "rfc"}
	partColumns         = []string{"parent_incident"}
	sameColumns         = []string{"correlation_id"}
	labelColumns        = []string{"category", "subcategory", "cmdb_ci", "assignment_group", "major_incident_state"}
	successCodes        = []string{"successful", "successful_issues"}
	evidenceCodes       = []string{"unsuccessful"} // of a change that is canceled or rejected nothing was deployed to fail
	failureCodes        = []string{"unsuccessful", "canceled", "cancelled", "rejected"}
	startColumns        = []string{"work_start"}
	endColumns          = []string{"work_end"}
	environmentColumns  = []string{"description", "cmdb_ci.environment"}
	commitColumns       = []string{"u_commit", "description"}
	versionColumns      = []string{"u_version", "description"}
	unchosenSeverities  = map[string][]string{"priority": {"5"}, "severity": {"3"}, "impact": {"3"}, "urgency": {"3"}}
	repositoryOfTheItem = []string{"cmdb_ci.correlation_id"} // where it has the form of a repository's name or address
)

// or is a list, or what holds where it is empty.
func or(list, otherwise []string) []string {
	if len(list) > 0 {
		return list
	}
	return otherwise
}

func (i *Incidents) read() bool         { return i.From != NoIncidents }
func (i *Incidents) in() string         { return cmp.Or(i.Table, incidentTable) }
func (i *Incidents) opened() []string   { return or(i.Opened, openedColumns) }
func (i *Incidents) resolved() []string { return or(i.Resolved, resolvedColumns) }
func (i *Incidents) causes() []string   { return or(i.Causes, causeColumns) }
func (i *Incidents) labels() []string   { return or(i.Labels, labelColumns) }
func (i *Incidents) partOf() []string   { return or(i.PartOf, partColumns) }
func (i *Incidents) same() []string     { return or(i.Same, sameColumns) }
func (i *Incidents) severity() string   { return cmp.Or(i.Severity, defaultSeverity) }
func (i *Incidents) unset() []string    { return or(i.Unset, unchosenSeverities[i.severity()]) }

// filter is the encoded query; of a table of one's own there is none unless it is given.
func (i *Incidents) filter() string {
	if i.Filter == "" && i.in() == incidentTable {
		return incidentFilter
	}
	return i.Filter
}

func (d *Deployments) read() bool            { return d.From == FromChanges }
func (d *Deployments) judged() bool          { return d.From == FromElsewhere }
func (d *Deployments) in() string            { return cmp.Or(d.Table, changeTable) }
func (d *Deployments) start() []string       { return or(d.Start, startColumns) }
func (d *Deployments) end() []string         { return or(d.End, endColumns) }
func (d *Deployments) environment() []string { return or(d.Environment, environmentColumns) }
func (d *Deployments) commit() []string      { return or(d.Commit, commitColumns) }
func (d *Deployments) version() []string     { return or(d.Version, versionColumns) }

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Judge implements source.Judge.
func (s *Settings) Judge(at string, fail source.Fail) {
	if s.ClientID != "" && s.User != "" {
		fail(at+".user", "is not allowed with clientId; allowed: one way in")
	}
	for _, each := range []struct{ field, text string }{{"incidents.filter", s.Incidents.Filter}, {"deployments.filter", s.Deployments.Filter}} {
		if _, err := parseQuery(each.text); err != nil {
			fail(at+"."+each.field, "%s; allowed: %s", err, queryForm)
		}
	}
	if !s.Incidents.read() && !s.Deployments.read() && !s.Deployments.judged() {
		fail(at+".incidents.from", "leaves nothing to read; allowed: %s, or %s with deployments.from: %s or %s", FromRecords, NoIncidents, FromChanges, FromElsewhere)
	}
}

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	switch {
	case kind == dora.KindIncident && s.Incidents.read():
		return fmt.Sprintf("no record of %s that its login may see fulfils %q: look at incidents.table and incidents.filter, and at the login's roles.", s.Incidents.in(), s.Incidents.filter())
	case kind == dora.KindDeployment && s.Deployments.read():
		text := "no record of " + s.Deployments.in() + " that its login may see"
		if s.Deployments.Filter != "" {
			text += fmt.Sprintf(" fulfils %q", s.Deployments.Filter)
		} else {
			text += " is there"
		}
		return text + ": look at deployments.table and deployments.filter, and at the login's roles."
	}
	return ""
}

var incidentsFrom = []source.Option{
	{Value: string(FromRecords), Label: "Incident records", Description: "records of a table that fulfil a filter"},
	{Value: string(NoIncidents), Label: "None", Description: "incidents are not read"},
}

var deploymentsFrom = []source.Option{
	{Value: string(NoDeployments), Label: "None", Description: "another source tells of deployments"},
	{Value: string(FromChanges), Label: "Change requests", Description: "those that were closed as successful"},
	{Value: string(FromElsewhere), Label: "None, but failures", Description: "another source tells of deployments; a change that was closed as unsuccessful speaks against the one that it names"},
}

// column is the form of a column's name, which may lead on through references.
const column = `^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$`

func isAny(text string, of []string) bool {
	for _, each := range of {
		if strings.EqualFold(text, each) {
			return true
		}
	}
	return false
}
