package servicenow

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// failures is the table of changes where another source tells of deployments: those that were closed as unsuccessful, or that
// failed in production, speak against the deployments that they name.
func (s *Source) failures() *table {
	t := s.changes()
	t.as, t.kind = t.name+".failure", dora.KindIncident
	t.columns = slices.Concat(t.columns, []string{"correlation_id", "short_description"})
	t.event = func(r row) (dora.Event, error) { return s.failure(t, r) }
	t.gone = func(r row) bool { return s.cameTo(r) == "" }
	t.recent = func(e dora.Event, since time.Time) bool {
		i := e.(*dora.Incident)
		return !i.Opened.Before(since) || !i.Resolved.Before(since)
	}
	return t
}

// cameTo is what came of a change, by columns that a list of ids has; empty where it did not fail. One that was canceled was
// not done.
func (s *Source) cameTo(r row) dora.ChangeFailure {
	own, code := &s.config.Deployments, r.of("close_code")
	switch {
	case r.of("state") == changeCanceled:
	case isAny(code, own.FailedInProduction):
		return dora.ChangeRestored
	case isAny(code, or(own.Failed, evidenceCodes)):
		return dora.ChangeFailed
	}
	return ""
}

func (s *Source) failure(t *table, r row) (*dora.Incident, error) {
	own := &s.config.Deployments
	id, updated, created := r.of("sys_id"), at(r.of("sys_updated_on")), r.first([]string{"opened_at", "sys_created_on"})
	if id == "" || updated.IsZero() || created.IsZero() {
		return nil, errBroken
	}
	i := &dora.Incident{
		Header:     dora.Header{Source: s.config.ID, ID: t.eventID(id), Updated: updated, Rank: r.count()},
		Repository: s.repository(r), Service: s.service(r), Number: digits(r.of("number")), Key: r.of("number"),
		Title: r.of("short_description"), URL: s.address(t, id), Opened: r.first(own.start()), Resolved: r.first(own.end()),
		Change: s.cameTo(r), Names: s.named(r, ""),
	}
	if i.Opened.IsZero() {
		i.Opened = created
	}
	if i.Resolved.IsZero() { // nobody wrote down when the work ended
		i.Resolved = at(r.of("closed_at"))
		if i.Change == dora.ChangeRestored {
			i.Change = dora.ChangeFailed
		}
	}
	if i.Withdrawn = i.Change == "" || r.of("active") == "true" || i.Resolved.IsZero(); i.Withdrawn {
		i.Change = dora.ChangeFailed // so that it is no incident, whatever becomes of it
	}
	return i, nil
}

// named are the names of deployments that a change has, by its columns or those behind a reference to it.
func (s *Source) named(r row, behind string) (names []string) {
	change := func(column string) string { return r.of(behind + column) }
	for _, name := range []string{change("correlation_id"), s.commit(change), s.version(change)} {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
