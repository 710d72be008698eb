package jira

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The records are what the API answers and webhooks tell, in Jira's words, with no field but those that are read.

// moment is an instant as Jira writes it: with an offset that has no colon, or as milliseconds since 1970.
type moment struct{ time.Time }

var errNoMoment = errors.New("a text stands where a time should")

var momentForms = []string{"2006-01-02T15:04:05.999999999-0700", time.RFC3339Nano}

func (m *moment) UnmarshalJSON(text []byte) error {
	*m = moment{}
	var said *string
	if json.Unmarshal(text, &said) != nil {
		milliseconds, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return errNoMoment
		}
		m.Time = time.UnixMilli(milliseconds).UTC()
		return nil
	}
	if said == nil || *said == "" {
		return nil
	}
	for _, form := range momentForms {
		if at, err := time.Parse(form, *said); err == nil {
			m.Time = at.UTC()
			return nil
		}
	}
	return errNoMoment
}

type siteRecord struct {
	Deployment string `json:"deploymentType"`
	Base       string `json:"baseUrl"`
}

func (s *siteRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("deploymentType", s.Deployment == ""))
}

// selfRecord is who asks: in the cloud by accountId, in a data center by key and name.
type selfRecord struct {
	Account string `json:"accountId"`
	Key     string `json:"key"`
	Name    string `json:"name"`
}

func (s *selfRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("accountId", s.Account == "" && s.Key == "" && s.Name == ""))
}

type projectRecord struct {
	ID   string `json:"id"`
	Key  string `json:"key"`
	Name string `json:"name"`
}

func (p *projectRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", p.ID == ""), wire.Need("key", p.Key == ""))
}

// namedRecord is an issue type, a field, a component or a version.
type namedRecord struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Untranslated string `json:"untranslatedName"`
}

func (n *namedRecord) Lacks() string { return wire.FirstMissing(wire.Need("id", n.ID == "")) }

type statusRecord struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Category struct {
		Key string `json:"key"` // new, indeterminate, done or undefined, in every language
	} `json:"statusCategory"`
}

func (s *statusRecord) Lacks() string { return wire.FirstMissing(wire.Need("id", s.ID == "")) }

// isNumber says whether a text is an issue's id.
func isNumber(id string) bool {
	return id != "" && strings.Trim(id, "0123456789") == ""
}

// done is the category in which an issue is over.
const done = "done"

// idText is an id, which some answers give as a number.
type idText string

func (i *idText) UnmarshalJSON(text []byte) error {
	*i = idText(strings.Trim(string(text), `"`))
	if *i == "null" {
		*i = ""
	}
	return nil
}

type issueRef struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

type linkRecord struct {
	Type struct {
		Inward  string `json:"inward"`
		Outward string `json:"outward"`
	} `json:"type"`
	In  *issueRef `json:"inwardIssue"`
	Out *issueRef `json:"outwardIssue"`
}

type issueRecord struct {
	ID     string `json:"id"`
	Key    string `json:"key"`
	Fields struct {
		Summary     string        `json:"summary"`
		Description string        `json:"description"`
		Project     projectRecord `json:"project"`
		Type        struct {
			Subtask bool `json:"subtask"`
		} `json:"issuetype"`
		Status      statusRecord  `json:"status"`
		Labels      []string      `json:"labels"`
		Versions    []namedRecord `json:"versions"`
		FixVersions []namedRecord `json:"fixVersions"`
		Created     moment        `json:"created"`
		Updated     moment        `json:"updated"`
		Resolved    moment        `json:"resolutiondate"`
		Moved       moment        `json:"statuscategorychangedate"` // when the category of its status changed last
		Links       []linkRecord  `json:"issuelinks"`
		Parent      *issueRef     `json:"parent"`
	} `json:"fields"`
	Changelog struct {
		Histories []historyRecord `json:"histories"`
	} `json:"changelog"`

	fields map[string]json.RawMessage
}

// issueFields are those that are asked for, beside those that settings name.
var issueFields = []string{
	"summary", "description", "project", "issuetype", "status", "labels", "versions", "fixVersions", "created", "updated", "resolutiondate",
	"statuscategorychangedate", "issuelinks", "parent",
}

func (i *issueRecord) UnmarshalJSON(text []byte) error {
	type plain issueRecord
	var all struct {
		Fields map[string]json.RawMessage `json:"fields"`
	}
	if err := json.Unmarshal(text, (*plain)(i)); err != nil {
		return err
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	i.fields = all.Fields
	return nil
}

// said is the first time that some fields hold; zero where none does. A date is none: it does not say when.
func (i *issueRecord) said(fields []string) time.Time {
	for _, id := range fields {
		var at moment
		if text := i.fields[id]; len(text) > 0 && text[0] == '"' && at.UnmarshalJSON(text) == nil && !at.IsZero() {
			return at.Time
		}
	}
	return time.Time{}
}

func (i *issueRecord) Lacks() string {
	f := &i.Fields
	return wire.FirstMissing(wire.Need("id", !isNumber(i.ID)), wire.Need("key", i.Key == ""), wire.Need("fields.project.key", f.Project.Key == ""), wire.Need("fields.created", f.Created.IsZero()),
		wire.Need("fields.updated", f.Updated.IsZero()), wire.Need("fields.status.statusCategory.key", f.Status.Category.Key == ""))
}

// historyRecord is one change of an issue. The cloud gives its time as text, or as milliseconds where many issues are asked for.
type historyRecord struct {
	ID      idText `json:"id"`
	Created moment `json:"created"`
	Items   []struct {
		Field    string `json:"field"`
		FieldID  string `json:"fieldId"` // of the cloud
		From     idText `json:"from"`
		To       idText `json:"to"`
		FromName string `json:"fromString"`
		ToName   string `json:"toString"`
	} `json:"items"`
}
