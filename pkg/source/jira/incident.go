package jira

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// generationBits leaves room in an incident's rank below the number of times that what makes an incident was changed.
const generationBits = 20

// idPrefix stands before an issue's id, which it keeps wherever it is moved.
const idPrefix = "issue:"

// servicePrefix stands before a service's name among the labels, where an incident may have several.
const servicePrefix = "service:"

// incident is what an issue tells; when it ended is told by its history.
func (r *run) incident(i *issueRecord) *dora.Incident {
	f := &i.Fields
	e := &dora.Incident{
		Header:     dora.Header{Source: r.config.ID, ID: idPrefix + i.ID, Updated: f.Updated.Time, Rank: r.cursor.Changed << generationBits},
		Repository: f.Project.Key, Number: numberOf(i.Key), Key: i.Key, Title: f.Summary, Body: plain(f.Description),
		URL: r.cursor.Site.Base + "/browse/" + i.Key, Labels: f.Labels, Severity: r.severity(i), Opened: f.Created.Time,
	}
	if said := i.said(r.fields.opened); !said.IsZero() {
		e.Opened = said
	}
	services := r.first(i, r.fields.services)
	for _, name := range services {
		if label := servicePrefix + name; !slices.Contains(e.Labels, label) {
			e.Labels = append(e.Labels, label)
		}
	}
	if len(services) > 0 {
		e.Service = services[0]
	}
	for _, version := range slices.Concat(f.Versions, f.FixVersions) {
		e.Names = with(e.Names, version.Name)
	}
	for _, id := range r.fields.same {
		for _, text := range texts(i.fields[id]) {
			e.Same = with(e.Same, text)
		}
	}
	return e
}

// namesLimit bounds how many names or addresses an incident has.
const namesLimit = 50

// with adds a name or an address to a list, once.
func with(list []string, text string) []string {
	if text == "" || len(text) > dora.NameLimit || len(list) >= namesLimit || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// numberOf is the number in a key.
func numberOf(key string) int64 {
	number, err := strconv.ParseInt(key[strings.LastIndexByte(key, '-')+1:], 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// markup are the signs of Jira's markup that stand beside an address or a commit without a space.
var markup = strings.NewReplacer("[", " ", "]", " ", "|", " ", "{", " ", "}", " ")

// plain is a text without the signs that would make another word of an address or a commit.
func plain(text string) string { return markup.Replace(text) }

var digits = regexp.MustCompile(`\d+`)

// severity is what the first field that is filled says.
func (r *run) severity(i *issueRecord) string {
	texts := r.first(i, r.fields.severity)
	if len(texts) == 0 {
		return ""
	}
	if !r.config.Incidents.Severity.IsZero() {
		captured, _ := r.config.Incidents.Severity.Capture(texts[0])
		return captured
	}
	return cmp.Or(digits.FindString(texts[0]), texts[0])
}

// first are the texts of the first of some fields that is filled.
func (r *run) first(i *issueRecord, fields []string) []string {
	for _, id := range fields {
		if found := texts(i.fields[id]); len(found) > 0 {
			return found
		}
	}
	return nil
}

// texts are what a field holds, whatever kind it is of: a text, a number, an option, a component, a list of them.
func texts(raw json.RawMessage) []string {
	var value any
	if len(raw) == 0 || json.Unmarshal(raw, &value) != nil {
		return nil
	}
	return textsOf(value)
}

// nameKeys are where an object has its name: an option, a component or a priority, an object of the assets, a person. An id that
// has no name is better than nothing.
var nameKeys = []string{"value", "name", "label", "displayName", "key", "id"}

func textsOf(value any) (found []string) {
	switch value := value.(type) {
	case string:
		if text := strings.TrimSpace(value); text != "" {
			found = append(found, text)
		}
	case float64:
		found = append(found, strconv.FormatFloat(value, 'f', -1, 64))
	case []any:
		for _, each := range value {
			found = append(found, textsOf(each)...)
		}
	case map[string]any:
		for _, key := range nameKeys {
			if text, is := value[key].(string); is && strings.TrimSpace(text) != "" {
				return append(found, strings.TrimSpace(text))
			}
		}
	}
	return found
}

// kin are the issues that an issue is part of, if they are incidents: of which it is a sub-task, and those that its links lead to.
// Of two that are each part of the other, the older is the whole.
func (r *run) kin(i *issueRecord) (ids []string) {
	forth, back := map[string]bool{}, map[string]bool{}
	words := func(text string) bool {
		return slices.ContainsFunc(r.config.Incidents.partOf(), func(w string) bool { return strings.EqualFold(w, text) })
	}
	add := func(to *issueRef, is, isBack bool) {
		if to == nil || !isNumber(to.ID) || to.ID == i.ID {
			return
		}
		if is && !forth[to.ID] {
			forth[to.ID] = true
			ids = append(ids, to.ID)
		}
		back[to.ID] = back[to.ID] || isBack
	}
	if i.Fields.Type.Subtask {
		add(i.Fields.Parent, true, false)
	}
	for _, link := range i.Fields.Links {
		add(link.Out, words(link.Type.Outward), words(link.Type.Inward))
		add(link.In, words(link.Type.Inward), words(link.Type.Outward))
	}
	return slices.DeleteFunc(ids, func(id string) bool { return back[id] && older(i.ID, id) })
}

// older says whether an issue was made before another.
func older(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }

// whole is the incident that one is part of, among those that there are; empty where it is one of its own.
func (r *run) whole(kin []string) string {
	for _, id := range kin {
		if r.there[id] {
			return idPrefix + id
		}
	}
	return ""
}
