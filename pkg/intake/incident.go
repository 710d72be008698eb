package intake

import (
	"fmt"
	"hash/fnv"
	"strconv"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Incident is an incident as it is posted, whole. Posted again, the version that was updated later stays.
type Incident struct {
	ID           string   `json:"id"`
	Service      string   `json:"service"`
	Repository   string   `json:"repository"`
	Number       int64    `json:"number"`
	Key          string   `json:"key"`
	PartOf       string   `json:"partOf"` // the id of the incident that stands for this one
	Names        []string `json:"names"`  // of deployments
	Same         []string `json:"same"`   // addresses and keys of other systems' records
	Title        string   `json:"title"`
	Body         string   `json:"body"`
	URL          string   `json:"url"`
	Labels       []string `json:"labels"`
	Severity     string   `json:"severity"`
	Opened       Moment   `json:"opened"`
	Acknowledged Moment   `json:"acknowledged"`
	Resolved     Moment   `json:"resolved"`
	Updated      Moment   `json:"updated"`
	Withdrawn    bool     `json:"withdrawn"`
}

func (r *reader) incident(value any) []dora.Event {
	var i Incident
	if !r.decode(value, &i) {
		return nil
	}
	r.id(i.ID)
	r.text("title", i.Title, titleLimit, true)
	r.text("body", i.Body, bodyLimit, false)
	r.url(i.URL)
	for _, text := range []struct{ field, value string }{{"service", i.Service}, {"severity", i.Severity}} {
		r.text(text.field, text.value, nameLimit, false)
	}
	if i.Repository != "" {
		r.repository(&i.Repository)
	}
	if i.Number < 0 {
		r.fail("number", "%d is not allowed; allowed: a whole number above 0", i.Number)
	}
	r.text("key", i.Key, keyLimit, false)
	if i.PartOf == i.ID && i.ID != "" {
		r.fail("partOf", "is the incident itself; allowed: the id of another")
	} else if i.PartOf != "" {
		r.named("partOf", i.PartOf)
	}
	r.names("names", i.Names)
	r.names("same", i.Same)
	r.labels(i.Labels)
	r.moment("opened", i.Opened, true)
	for _, later := range []struct {
		field string
		at    Moment
	}{{"acknowledged", i.Acknowledged}, {"resolved", i.Resolved}, {"updated", i.Updated}} {
		r.moment(later.field, later.at, false)
		r.after(later.field, later.at, "opened", i.Opened)
	}
	if len(r.mistakes) > 0 {
		return nil
	}
	number := i.Number
	if number == 0 {
		number = numberIn(i.ID)
	}
	updated := i.Updated.Time
	if updated.IsZero() {
		updated = dora.Latest(i.Opened.Time, i.Acknowledged.Time, i.Resolved.Time)
	}
	partOf := ""
	if i.PartOf != "" {
		partOf = "incident:" + i.PartOf
	}
	return []dora.Event{&dora.Incident{
		Header:     dora.Header{Source: r.Source, ID: "incident:" + i.ID, Updated: updated, Rank: dora.Told},
		Repository: i.Repository, Service: i.Service, Number: number, Title: i.Title, Body: i.Body, URL: i.URL, Labels: i.Labels,
		Severity: i.Severity, Opened: i.Opened.Time, Acknowledged: i.Acknowledged.Time, Resolved: i.Resolved.Time, Withdrawn: i.Withdrawn,
		Key: i.Key, PartOf: partOf, Names: i.Names, Same: i.Same,
	}}
}

// names bounds a list of names of other events.
func (r *reader) names(field string, list []string) {
	if len(list) > dora.NamesLimit {
		r.fail(field, "%d are too many; allowed: %d", len(list), dora.NamesLimit)
		return
	}
	for i, name := range list {
		r.text(fmt.Sprintf("%s[%d]", field, i), name, urlLimit, true)
	}
}

// numberIn is the number that an id is, or one made of it.
func numberIn(id string) int64 {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 {
		return n
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(id)) // it cannot fail
	return int64(hash.Sum32())
}
