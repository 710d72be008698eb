package servicenow

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

const (
	stateClosed   = "7" // of an incident
	stateCanceled = "8"
)

var errBroken = errors.New("a record lacks what it must have")

// incidents is the table of incidents.
func (s *Source) incidents() *table {
	own := &s.config.Incidents
	t := &table{name: own.in(), as: own.in(), kind: dora.KindIncident, setting: "incidents.filter", timesOf: "incidents.opened and incidents.resolved", times: distinct(own.opened(), own.resolved()), open: true}
	t.columns = slices.Concat(
		[]string{"short_description", "description", "state", "close_code", "closed_at", "active", "impact", "urgency", own.severity()},
		own.opened(), own.Acknowledged, own.resolved(), own.partOf(), own.same(), withNames(own.labels()), s.placeColumns(), s.changeColumns(),
	)
	t.event = func(r row) (dora.Event, error) { return s.incident(t, r) }
	t.gone = s.isNone
	t.recent = func(e dora.Event, since time.Time) bool {
		i := e.(*dora.Incident)
		return i.Resolved.IsZero() || !i.Opened.Before(since) || !i.Resolved.Before(since)
	}
	return t
}

// placeColumns are those that tell the service and the repository of a record.
func (s *Source) placeColumns() []string {
	return slices.Concat(withNames(or(s.config.Service, serviceColumns)), withNames(s.config.Repository), repositoryOfTheItem, []string{"cmdb_ci", "cmdb_ci.name"})
}

// changeColumns are those that tell of the changes which caused an incident or remedy it.
func (s *Source) changeColumns() (columns []string) {
	own := &s.config.Deployments
	for _, cause := range s.config.Incidents.causes() {
		columns = append(columns, cause)
		for _, each := range slices.Concat([]string{"correlation_id"}, own.commit(), own.version()) {
			columns = append(columns, cause+"."+each)
		}
	}
	return columns
}

// isNone says that a record was no incident, by what was decided in the end.
func (s *Source) isNone(r row) bool {
	return r.of("state") == stateCanceled || isAny(r.of("close_code"), s.config.Incidents.NoIncident)
}

func (s *Source) incident(t *table, r row) (*dora.Incident, error) {
	own := &s.config.Incidents
	id, updated, opened := r.of("sys_id"), at(r.of("sys_updated_on")), r.first(own.opened())
	if id == "" || updated.IsZero() || opened.IsZero() {
		return nil, errBroken
	}
	i := &dora.Incident{
		Header:     dora.Header{Source: s.config.ID, ID: t.eventID(id), Updated: updated, Rank: r.count()},
		Repository: s.repository(r), Service: s.service(r), Number: digits(r.of("number")), Key: r.of("number"),
		Title: r.of("short_description"), Body: r.of("description"), URL: s.address(t, id),
		Opened: opened, Acknowledged: r.first(own.Acknowledged), Withdrawn: s.isNone(r),
		Severity: s.severity(r), Names: s.changesNamed(r),
	}
	if isAny(r.of("state"), restoredStates) || isAny(r.of("state"), own.Restored) {
		i.Resolved = r.first(own.resolved())
		if i.Resolved.IsZero() && r.of("state") == stateClosed { // it was closed without having been resolved
			i.Resolved = at(r.of("closed_at"))
		}
	}
	for _, each := range own.partOf() {
		if whole := r.of(each); isID(whole) && whole != id && i.PartOf == "" {
			i.PartOf = t.eventID(whole)
		}
	}
	for _, each := range own.same() {
		if other := r.of(each); other != "" {
			i.Same = append(i.Same, other)
		}
	}
	for _, each := range own.labels() {
		if value := r.named(each); value != "" {
			i.Labels = append(i.Labels, each+":"+value)
		}
	}
	return i, nil
}

// severity is what somebody chose. Where nobody did a record has a default, which for a priority follows from those of impact
// and urgency.
func (s *Source) severity(r row) string {
	value := r.of(s.config.Incidents.severity())
	if isAny(value, s.config.Incidents.unset()) {
		return ""
	}
	return value
}

// changesNamed are the names of deployments that the changes of a record are or have.
func (s *Source) changesNamed(r row) (names []string) {
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, cause := range s.config.Incidents.causes() {
		id := r.of(cause)
		if !isID(id) {
			add(id) // a column of one's own, which names the deployment itself
			continue
		}
		if s.config.Deployments.read() {
			add(s.config.ID + ":" + s.config.Deployments.in() + ":" + id)
		}
		for _, name := range s.named(r, cause+".") {
			add(name)
		}
	}
	return names
}

// service is what a record says that is meant: the first of the columns that has anything.
func (s *Source) service(r row) string {
	for _, each := range or(s.config.Service, serviceColumns) {
		if name := r.named(each); name != "" {
			return name
		}
	}
	return ""
}

// repositoryForm is owner/name, or a longer path of groups.
var repositoryForm = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+$`)

// repository is what a record's code is called where that is known: by the columns of the settings; else by what the
// configuration item is called elsewhere, where that is the name or the address of a repository; else the item's own name.
func (s *Source) repository(r row) string {
	for _, each := range s.config.Repository {
		if name := r.named(each); name != "" {
			return dora.RepositoryAt(name)
		}
	}
	for _, each := range repositoryOfTheItem {
		if name := dora.RepositoryAt(r.of(each)); repositoryForm.MatchString(name) {
			return name
		}
	}
	if name := r.named("cmdb_ci"); name != "" {
		return name
	}
	return s.service(r)
}

func (s *Source) address(t *table, id string) string {
	return s.root + "/" + t.name + ".do?sys_id=" + id
}

// count is how often a record was changed, which orders changes within a second.
func (r row) count() int {
	n, err := strconv.Atoi(r.of("sys_mod_count"))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, countLimit)
}

// countLimit keeps a count that is none from being a rank beyond all others.
const countLimit = math.MaxInt32

// digits is the number in what people call a record, such as 30001 of CHG0030001.
func digits(number string) int64 {
	n, err := strconv.ParseInt(strings.TrimLeft(number, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

var idForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

func isID(text string) bool { return idForm.MatchString(text) }
