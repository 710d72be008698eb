package servicenow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// table is one that is read, and what its records mean.
type table struct {
	name   string
	as     string // what its events' ids begin with, and its position is kept under
	kind   dora.Kind
	filter query
	// setting is the key of the filter, and timesOf those of the times below.
	setting, timesOf string
	// columns are those that are read of each record, and times those by which a record belongs to the collected history;
	// where open says so, one that is active does as well.
	columns, times []string
	open           bool
	// event makes an event of a record; it fails where the record lacks what it must have.
	event func(row) (dora.Event, error)
	// gone says of a record, by the columns of a list of ids, that it is told as withdrawn though the filter gives it.
	gone func(row) bool
	// recent says whether an event belongs to the history since a time.
	recent func(dora.Event, time.Time) bool
	// shape is a digest of the settings.
	shape string
}

// bookkeeping are the columns that every record has.
var bookkeeping = []string{"sys_id", "number", "sys_created_on", "sys_created_by", "sys_updated_on", "sys_mod_count"}

// tablesToRead are those that the settings ask for.
func (s *Source) tablesToRead() (tables []*table, err error) {
	own := &s.config.Settings
	settings, err := json.Marshal(own)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(settings)
	add := func(t *table, filter string) {
		var failed error
		if t.filter, failed = parseQuery(filter); failed != nil && err == nil {
			err = fmt.Errorf("%s: %w", t.setting, failed)
		}
		t.shape = hex.EncodeToString(digest[:8])
		t.columns = distinct(bookkeeping, t.columns, t.filter.columns())
		tables = append(tables, t)
	}
	if own.Incidents.read() {
		add(s.incidents(), own.Incidents.filter())
	}
	switch {
	case own.Deployments.read():
		add(s.changes(), own.Deployments.Filter)
	case own.Deployments.judged():
		add(s.failures(), own.Deployments.Filter)
	}
	return tables, err
}

// distinct are the columns of some lists, each once.
func distinct(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

// withNames are columns and what people call that which they refer to.
func withNames(columns []string) []string {
	all := slices.Clone(columns)
	for _, each := range columns {
		all = append(all, each+".name")
	}
	return all
}

// eventID is a record's name here. Ids of records are unique in an instance.
func (t *table) eventID(id string) string { return t.as + ":" + id }

// within is the condition on a record that it belongs to the history since a time.
func (t *table) within(since time.Time) []string {
	if since.IsZero() {
		return nil
	}
	text := ""
	for i, each := range t.times {
		if i > 0 {
			text += "^OR"
		}
		text += each + ">=" + stamp(since)
	}
	if t.open {
		text += "^ORactive=true"
	}
	return []string{text}
}

// moment is how ServiceNow writes times: in UTC, without saying so.
const moment = "2006-01-02 15:04:05"

func stamp(at time.Time) string { return at.UTC().Format(moment) }

// at reads a time; zero where there is none.
func at(value string) time.Time {
	found, err := time.Parse(moment, value)
	if err != nil {
		return time.Time{}
	}
	return found
}

// first is the first time that some columns have.
func (r row) first(columns []string) time.Time {
	for _, each := range columns {
		if found := at(r.of(each)); !found.IsZero() {
			return found
		}
	}
	return time.Time{}
}
