package servicenow

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

const changeCanceled = "4" // a change's state

// changes is the table of changes.
func (s *Source) changes() *table {
	own := &s.config.Deployments
	t := &table{
		name: own.in(), as: own.in(), kind: dora.KindDeployment, setting: "deployments.filter", timesOf: "deployments.end", times: distinct([]string{"opened_at", "sys_created_on"}, own.end()),
		gone: func(row) bool { return false },
	}
	t.columns = slices.Concat(
		[]string{"opened_at", "state", "active", "close_code", "closed_at"},
		own.start(), own.end(), own.environment(), own.commit(), own.version(), s.placeColumns(),
	)
	t.event = func(r row) (dora.Event, error) { return s.change(t, r) }
	t.recent = func(e dora.Event, since time.Time) bool { return !e.(*dora.Deployment).LastWord().Before(since) }
	return t
}

func (s *Source) change(t *table, r row) (*dora.Deployment, error) {
	id, updated, created := r.of("sys_id"), at(r.of("sys_updated_on")), r.first([]string{"opened_at", "sys_created_on"})
	if id == "" || updated.IsZero() || created.IsZero() {
		return nil, errBroken
	}
	d := &dora.Deployment{
		Header:     dora.Header{Source: s.config.ID, ID: t.eventID(id), Updated: updated, Rank: r.count()},
		Repository: s.repository(r), Task: s.service(r), Number: digits(r.of("number")), Key: r.of("number"),
		Environment: s.environment(r), SHA: s.commit(r.of), Ref: s.version(r.of),
		Created: created, Creator: r.of("sys_created_by"), URL: s.address(t, id),
	}
	if d.Repository == "" {
		d.Repository = t.name // so that it is seen that nothing says what was changed
	}
	if d.SHA == "" && d.Ref != "" {
		d.SHA = dora.VersionSHA(d.Ref)
	}
	if versionForm.MatchString(d.Ref) {
		d.RefKind = dora.RefTag
	}
	d.Statuses, d.Recovered = s.statuses(r)
	return d, nil
}

// statuses is the life of a change, and when service was restored where it failed in production. What it came to is known
// once it is closed; until then, and where the code is none that the settings know, it is only known when the work ended.
func (s *Source) statuses(r row) (statuses []dora.DeploymentStatus, recovered time.Time) {
	own := &s.config.Deployments
	start, end := r.first(own.start()), r.first(own.end())
	add := func(state dora.DeploymentState, at time.Time) {
		if !at.IsZero() {
			statuses = append(statuses, dora.DeploymentStatus{State: state, At: at})
		}
	}
	add(dora.StateRunning, start)
	code, canceled := r.of("close_code"), r.of("state") == changeCanceled
	switch open := r.of("active") == "true"; {
	case canceled, !open && isAny(code, or(own.Failed, failureCodes)):
		if end.IsZero() { // the work never began, or nobody wrote down when it ended
			end = at(r.of("closed_at"))
		}
		add(dora.StateFailure, end)
	case !open && isAny(code, own.FailedInProduction) && !start.IsZero() && !end.IsZero():
		add(dora.StateSuccess, start)
		recovered = end
	case !open && isAny(code, or(own.Success, successCodes)):
		add(dora.StateSuccess, end)
	default:
		add(dora.StateWaiting, end) // for what is said of it
	}
	return dora.Statuses(statuses), recovered
}

// prose are columns in which people write: what is sought stands in a line of its own, after a word that says what it is.
var prose = []string{"description", "short_description", "justification", "implementation_plan", "close_notes"}

// line finds a line such as Commit: 4f2a….
func line(words string) *regexp.Regexp {
	return regexp.MustCompile(`(?im)^[ \t*-]*(?:` + words + `)[ \t]*[:=][ \t]*(\S.*?)[ \t]*\r?$`)
}

var (
	environmentLine = line(`environment|env`)
	commitLine      = line(`commit(?: sha| id)?|sha|revision`)
	versionLine     = line(`version|release|tag`)
)

// found is the first of some columns that has anything, or a line that says so.
func found(columns []string, line *regexp.Regexp, of func(string) string) string {
	for _, each := range columns {
		value := of(each)
		if slices.Contains(prose, each[strings.LastIndexByte(each, '.')+1:]) {
			if parts := line.FindStringSubmatch(value); parts != nil {
				value = parts[1]
			} else {
				value = ""
			}
		}
		if value != "" {
			return value
		}
	}
	return ""
}

var (
	commitForm  = regexp.MustCompile(`(?i)(?:^|[^0-9a-f])([0-9a-f]{40})(?:$|[^0-9a-f])`)
	versionForm = regexp.MustCompile(`^[^\s/]*\d[^\s/]*$`)
)

// commit is the full sha that a change has; of is what its columns hold.
func (s *Source) commit(of func(string) string) string {
	parts := commitForm.FindStringSubmatch(found(s.config.Deployments.commit(), commitLine, of))
	if parts == nil {
		return ""
	}
	return strings.ToLower(parts[1])
}

func (s *Source) version(of func(string) string) string {
	return found(s.config.Deployments.version(), versionLine, of)
}

func (s *Source) environment(r row) string {
	if name := found(s.config.Deployments.environment(), environmentLine, r.named); name != "" {
		return name
	}
	return defaultEnvironment
}
