package incidentio

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// is says whether something is called by one of some names, or is one by its id.
func (n *named) is(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), n.Name) || name == n.ID })
}

type statusRecord struct {
	Name     string `json:"name"`
	Category string `json:"category"`
}

type incidentRecord struct {
	ID         string       `json:"id"`
	Reference  string       `json:"reference"`
	Name       string       `json:"name"`
	Summary    string       `json:"summary"`
	URL        string       `json:"permalink"`
	Mode       string       `json:"mode"`
	Status     statusRecord `json:"incident_status"`
	Severity   *named       `json:"severity"`
	Type       *named       `json:"incident_type"`
	Created    time.Time    `json:"created_at"`
	Updated    time.Time    `json:"updated_at"`
	Timestamps []struct {
		Timestamp named `json:"incident_timestamp"`
		Value     *struct {
			Value time.Time `json:"value"`
		} `json:"value"`
	} `json:"incident_timestamp_values"`
	Fields []fieldRecord `json:"custom_field_entries"`
	Issue  *struct {
		Name string `json:"issue_name"`
		URL  string `json:"issue_permalink"`
	} `json:"external_issue_reference"`
}

// Lacks implements wire.Record.
func (i *incidentRecord) Lacks() string {
	return wire.FirstMissing(
		wire.Need("id", i.ID == ""), wire.Need("created_at", i.Created.IsZero()), wire.Need("updated_at", i.Updated.IsZero()), wire.Need("incident_status.category", i.Status.Category == ""),
	)
}

// version is an incident's, as far as it can be told from others.
func (i *incidentRecord) version() string {
	return i.ID + " " + i.Updated.UTC().Format(time.RFC3339Nano)
}

var digits = regexp.MustCompile(`\d+$`)

// number is that of a reference such as INC-12; 0 where it has none.
func (i *incidentRecord) number() int64 {
	number, err := strconv.ParseInt(digits.FindString(i.Reference), 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// at is the first of some timestamps that has a value; zero: none has.
func (i *incidentRecord) at(names []string) time.Time {
	for _, name := range names {
		for _, each := range i.Timestamps {
			if each.Timestamp.is([]string{name}) && each.Value != nil && !each.Value.Value.IsZero() {
				return each.Value.Value.UTC()
			}
		}
	}
	return time.Time{}
}

// fieldRecord is a custom field of an incident, with its values.
type fieldRecord struct {
	Field  named        `json:"custom_field"`
	Values []fieldValue `json:"values"`
}

type fieldValue struct {
	Entry *struct {
		Name     string `json:"name"`
		External string `json:"external_id"`
	} `json:"value_catalog_entry"`
	Option *struct {
		Value string `json:"value"`
	} `json:"value_option"`
	Text    string `json:"value_text"`
	Link    string `json:"value_link"`
	Numeric string `json:"value_numeric"`
}

// texts are what a value is called: of an entry of the catalog its name and what it is called elsewhere.
func (v *fieldValue) texts() []string {
	all := []string{v.Text, v.Link, v.Numeric}
	if v.Option != nil {
		all = append(all, v.Option.Value)
	}
	if v.Entry != nil {
		all = append(all, v.Entry.Name, v.Entry.External)
	}
	return slices.DeleteFunc(slices.Compact(all), func(text string) bool { return text == "" })
}

// texts are what all its values are called.
func (f *fieldRecord) texts() (all []string) {
	for i := range f.Values {
		all = append(all, f.Values[i].texts()...)
	}
	return all
}

// updateRecord is one of the updates of an incident.
type updateRecord struct {
	Created time.Time     `json:"created_at"`
	Status  *statusRecord `json:"new_incident_status"`
	Into    string        `json:"merged_into_incident_id"`
}

// Lacks implements wire.Record.
func (u *updateRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("created_at", u.Created.IsZero()))
}

// idOf is which incident a row is that cannot be read; empty where that cannot be read either.
func idOf(row json.RawMessage) string {
	var told struct{ ID string }
	_ = json.Unmarshal(row, &told) // what can be read of it is
	return told.ID
}
