package rest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/audit"
	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/deliver"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
	"github.com/livedora/dora-datasource/pkg/gate"
	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Service is a service as it was seen.
type Service struct {
	Name         string   `json:"name"`
	Team         string   `json:"team"`         // the first of its teams; empty: nobody owns it
	Teams        []string `json:"teams"`        // that own it
	Repositories []string `json:"repositories"` // that it deployed to production from
	Environments []string `json:"environments"` // of production
	Deployments  int      `json:"deployments"`
	Failed       int      `json:"failed"`
	Incidents    int      `json:"incidents"`
	Waiting      int      `json:"waiting"`
	// LatestDeployment is when a deployment to production last succeeded; null if none did.
	LatestDeployment *time.Time `json:"latestDeployment"`
}

func services(c *call) error {
	filters, err := c.filters()
	if err != nil {
		return err
	}
	if c.unchanged(false) {
		return nil
	}
	p := Page[Service]{Items: []Service{}}
	snapshot := c.dataset.Snapshot()
	for _, f := range snapshot.Select(filters) {
		s := Service{Name: f.Service.Name, Teams: []string{}, Repositories: []string{}, Environments: []string{}, Incidents: len(f.Incidents), Waiting: len(f.Waiting)}
		if teams := snapshot.Teams(f); teams[0] != dora.Unowned {
			s.Team, s.Teams = teams[0], teams
		}
		passes := f.Passing(filters)
		for _, d := range f.Deployments {
			if !passes(d) {
				continue
			}
			s.Deployments++
			if d.Failed() {
				s.Failed++
			}
			s.Repositories, s.Environments = join(s.Repositories, d.Event.Repository), join(s.Environments, f.Environment(d))
			finished := d.Finished.UTC()
			s.LatestDeployment = &finished
		}
		p.Items = append(p.Items, s)
	}
	return c.write(http.StatusOK, p)
}

// join puts a text into a sorted list, once.
func join(list []string, text string) []string {
	if at, known := slices.BinarySearch(list, text); !known {
		list = slices.Insert(list, at, text)
	}
	return list
}

// Team is a team and its services. One that several own is with each; those that nobody owns are with (unowned).
type Team struct {
	Name     string   `json:"name"`
	Services []string `json:"services"`
}

func teams(c *call) error {
	if c.unchanged(false) {
		return nil
	}
	byName := map[string][]string{}
	snapshot := c.dataset.Snapshot()
	for _, f := range snapshot.Services {
		for _, team := range snapshot.Teams(f) {
			byName[team] = append(byName[team], f.Service.Name)
		}
	}
	p := Page[Team]{Items: []Team{}}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		p.Items = append(p.Items, Team{name, byName[name]})
	}
	return c.write(http.StatusOK, p)
}

// listOwners tells of each service who owns it, where that was found, and which other places say otherwise.
func listOwners(c *call) error {
	if c.unchanged(false) {
		return nil
	}
	p := Page[owners.Finding]{Items: []owners.Finding{}}
	for _, found := range c.dataset.Snapshot().Owners() {
		if found.Teams == nil {
			found.Teams = []string{}
		}
		p.Items = append(p.Items, found)
	}
	return c.write(http.StatusOK, p)
}

// listOwnerGaps tells what is amiss in who owns what.
func listOwnerGaps(c *call) error {
	if c.unchanged(false) {
		return nil
	}
	return c.write(http.StatusOK, Page[dataset.OwnerGap]{Items: append([]dataset.OwnerGap{}, c.dataset.OwnerGaps()...)})
}

// Environment is an environment that anything was deployed to.
type Environment struct {
	Name        string `json:"name"`
	Deployments int    `json:"deployments"` // successful or not
	// Production says whether the settings' pattern of production matches it.
	Production bool `json:"production"`
}

func environments(c *call) error {
	if c.unchanged(false) {
		return nil
	}
	p := Page[Environment]{Items: []Environment{}}
	production := c.dataset.Settings().Production
	for name, n := range c.dataset.Environments() {
		p.Items = append(p.Items, Environment{name, n, production.Match(name)})
	}
	slices.SortFunc(p.Items, func(a, b Environment) int {
		return cmp.Or(cmp.Compare(b.Deployments, a.Deployments), cmp.Compare(a.Name, b.Name))
	})
	return c.write(http.StatusOK, p)
}

// Metrics is the answer to a question about figures.
type Metrics struct {
	From   time.Time      `json:"from"`
	To     time.Time      `json:"to"`
	Bucket figures.Bucket `json:"bucket"`
	query.Report
}

// waitedFor lets work go on as long as the caller waits.
func (c *call) waitedFor(int) bool { return c.Context().Err() == nil }

func askMetrics(c *call) error {
	text, err := c.text("q")
	if err != nil {
		return err
	}
	from, err := c.text("from")
	if err != nil {
		return err
	}
	to, err := c.text("to")
	if err != nil {
		return err
	}
	return c.metrics([]byte(text), from, to, true)
}

// postMetrics is the same for questions that are too long for an address.
func postMetrics(c *call) error {
	object, err := strict.Object(c.sent)
	if err != nil {
		return refuse(http.StatusBadRequest, "", "the body is %s", err)
	}
	ends := map[string]string{"from": "", "to": ""}
	for name := range ends {
		if value, given := object[name]; given {
			text, ok := value.(string)
			if !ok {
				return refuse(http.StatusBadRequest, name, "is no text; allowed: 2026-01-31 or 2026-01-31T15:04:05Z")
			}
			ends[name] = text
			delete(object, name)
		}
	}
	question, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return c.metrics(question, ends["from"], ends["to"], false)
}

func (c *call) metrics(question []byte, fromText, toText string, tagged bool) error {
	from, to, err := c.rangeOf(fromText, toText)
	if err != nil {
		return err
	}
	q, err := query.Parse(question, c.dataset.Settings().Definition)
	if err != nil {
		return err
	}
	if q.Type != query.TypeMetric && q.Type != query.TypeStages {
		return refuse(http.StatusBadRequest, "queryType", "%q is not answered here; allowed: %s, %s; there are v1/deployments, v1/changes, v1/incidents and v1/collection for the rest",
			q.Type, query.TypeMetric, query.TypeStages)
	}
	if tagged && toText != "" && c.unchanged(true) {
		return nil
	}
	r := query.Range{From: from, To: to}
	if err := q.Fits(r); err != nil {
		return err
	}
	if q.Format == query.TimeSeries {
		q.Format = query.Table // figures as JSON take what a table's do
	}
	q.Bound(r, len(question))
	about, making := c.dataset.AtHand(q.Definition)
	if err := c.admit(q.Size(about, r, len(question)) + making); err != nil {
		return err
	}
	q.Meter = c.waitedFor
	figures := query.Answer(q, c.dataset.Under(q.Definition), r, c.now)
	if err := c.Context().Err(); err != nil { // what was worked out is not whole
		return err
	}
	return c.write(http.StatusOK, Metrics{From: from, To: to, Bucket: figures.Bucket, Report: figures.Report()})
}

func deployments(c *call) error {
	within, filters, err := c.asked()
	if err != nil {
		return err
	}
	status, err := c.one("status", "ok", "failed", "recovered")
	if err != nil || c.unchanged(false) {
		return err
	}
	if err := c.admitList(filters); err != nil {
		return err
	}
	var rows []row[audit.DeploymentLine]
	for _, f := range c.dataset.Snapshot().Select(filters) {
		if !c.waitedFor(0) {
			return c.Context().Err()
		}
		passes := f.Passing(filters)
		for _, d := range f.Deployments {
			if within(d.Finished) && passes(d) && (status == "" || status == statusOf(d)) {
				rows = append(rows, row[audit.DeploymentLine]{place{d.Finished, f.Service.Name + " " + d.Event.FullID()}, f, func(shipped *facts.Shipments) audit.DeploymentLine { return audit.Deployment(f, d, shipped) }})
			}
		}
	}
	return list(c, rows)
}

func statusOf(d *facts.Deployment) string {
	switch {
	case !d.Failed():
		return "ok"
	case d.Recovered == nil:
		return "failed"
	}
	return "recovered"
}

// Change is a change that a deployment shipped first.
type Change struct {
	Service    string    `json:"service"`
	Repository string    `json:"repository"`
	Title      string    `json:"title"`
	Author     string    `json:"author"`
	URL        string    `json:"url"`
	Deployment string    `json:"deployment"` // the id of the one that shipped it
	Finished   time.Time `json:"finished"`   // when that finished, by which the list is sorted
	audit.ChangeLine
}

func changes(c *call) error {
	within, filters, err := c.asked()
	if err != nil || c.unchanged(false) {
		return err
	}
	size, after, err := c.pageAsked()
	if err != nil {
		return err
	}
	type shipment struct {
		facts *facts.Service
		d     *facts.Deployment
	}
	if err := c.admitList(filters); err != nil {
		return err
	}
	var shipments []shipment
	for _, f := range c.dataset.Snapshot().Select(filters) {
		passes := f.Passing(filters)
		for _, d := range f.Deployments {
			if within(d.Finished) && passes(d) && d.Shipped > 0 && (after == nil || !d.Finished.After(after.at)) {
				shipments = append(shipments, shipment{f, d})
			}
		}
	}
	slices.SortStableFunc(shipments, func(a, b shipment) int { return b.d.Finished.Compare(a.d.Finished) })
	// Changes may have to be worked out, so no more are looked at than this page and the beginning of the next need. The
	// deployment after which the page begins may have had all of its changes on earlier ones.
	most := size
	if after != nil {
		for _, s := range shipments {
			if s.d.Finished.Equal(after.at) {
				most += s.d.Shipped
			}
		}
	}
	byService := map[*facts.Service][]*facts.Deployment{}
	var services []*facts.Service
	for n, count := 0, 0; n < len(shipments) && (count <= most || shipments[n].d.Finished.Equal(shipments[n-1].d.Finished)); n++ {
		f := shipments[n].facts
		if byService[f] == nil {
			services = append(services, f)
		}
		byService[f] = append(byService[f], shipments[n].d)
		count += shipments[n].d.Shipped
	}
	var rows []row[Change]
	for _, f := range services { // one at a time, so that no more is in memory
		if !c.waitedFor(0) {
			return c.Context().Err()
		}
		shipped := f.Shipments()
		for _, d := range byService[f] {
			for _, of := range shipped.Of(d) {
				each := *of
				rows = append(rows, row[Change]{place{d.Finished, f.Service.Name + " " + d.Event.FullID() + " " + each.SHA + " " + strconv.Itoa(each.Number)}, nil, func(*facts.Shipments) Change {
					return Change{
						Service: f.Service.Name, Repository: each.Repository, Title: each.Title, Author: each.Author, URL: each.URL,
						Deployment: d.Event.FullID(), Finished: d.Finished.UTC(), ChangeLine: audit.Change(&each),
					}
				}})
			}
		}
	}
	return list(c, rows)
}

func incidents(c *call) error {
	within, filters, err := c.asked()
	if err != nil {
		return err
	}
	state, err := c.one("state", "open", "resolved")
	if err != nil || c.unchanged(false) {
		return err
	}
	if err := c.admitList(filters); err != nil {
		return err
	}
	var rows []row[audit.IncidentLine]
	for _, f := range c.dataset.Snapshot().Select(filters) {
		for _, i := range f.Incidents {
			if within(i.Event.Opened) && (state == "" || (state == "open") == i.Event.Resolved.IsZero()) {
				rows = append(rows, row[audit.IncidentLine]{place{i.Event.Opened, f.Service.Name + " " + i.Event.FullID()}, nil, func(*facts.Shipments) audit.IncidentLine { return audit.Incident(f, i) }})
			}
		}
	}
	return list(c, rows)
}

// asked reads what all lists take.
func (c *call) asked() (func(time.Time) bool, []dora.Filter, error) {
	within, err := c.within()
	if err != nil {
		return nil, nil, err
	}
	filters, err := c.filters()
	return within, filters, err
}

func list[T any](c *call, rows []row[T]) error {
	p, err := page(c, rows)
	if err != nil {
		return err
	}
	return c.write(http.StatusOK, p)
}

// listFacts answers with the same lines as the facts command's, in pieces, for there is no telling how many there are.
func listFacts(c *call) error {
	within, filters, err := c.asked()
	if err != nil || c.unchanged(true) { // a run may have become unreported
		return err
	}
	services := c.dataset.Snapshot().Select(filters)
	done, err := c.admitReading(services)
	if err != nil {
		return err
	}
	defer done()
	c.answer.Header().Set("Content-Type", "application/x-ndjson")
	begun := false
	for _, f := range services {
		pieces, err := c.factsOf(f, within)
		if err != nil {
			if begun {
				return c.cutOff(err)
			}
			return err
		}
		begun = true
		for _, piece := range pieces {
			if _, err := c.answer.Write(piece); err != nil {
				return nil //nolint:nilerr // the caller went away
			}
			c.flush()
		}
	}
	return nil
}

const (
	// longReading is how much facts take that are read for longer than a moment, in bytes: some 16,000 changes.
	longReading = 16 << 20
	// longTime is how long such a reading keeps its place: whoever reads slowly keeps nobody waiting for ever.
	longTime = time.Minute
)

// admitReading waits until facts may be read that take long. Without, twenty who read a million changes at once would all
// get so little at a time that none of them has a last line before they give up.
func (c *call) admitReading(services []*facts.Service) (done func(), err error) {
	var size int64
	for _, f := range services {
		size += sizeOf(f)
	}
	if size <= longReading {
		return func() {}, nil
	}
	c.left()
	leave, err := c.enter(c.Context(), gate.Work{Long: true})
	if err != nil {
		return nil, err
	}
	leave = sync.OnceFunc(leave)
	late := time.AfterFunc(longTime, leave)
	return func() {
		late.Stop()
		leave()
	}, nil
}

// sizeOf is about what a service's lines take while they are written, in bytes.
func sizeOf(f *facts.Service) int64 {
	return anyCall + int64(figures.WeighService(f).Lengths)*changeSize
}

// CutOffLine is the last line of facts that are not all there.
type CutOffLine struct {
	Kind  string `json:"kind"` // cut_off
	Error string `json:"error"`
}

// cutOff says in the last line that more was to come: the status was sent with the first.
func (c *call) cutOff(reason error) error {
	text := "they could not be read to the end: try again"
	if busy := new(gate.Busy); errors.As(reason, &busy) {
		text = busy.Error()
	}
	line, err := json.Marshal(CutOffLine{"cut_off", text})
	if err == nil {
		_, _ = c.answer.Write(append(line, '\n')) // a caller who went away cannot be told
	}
	return err
}

// factsOf are the lines of one service, written in pieces. They are let in by themselves: whoever reads slowly keeps
// nobody waiting.
func (c *call) factsOf(f *facts.Service, within func(time.Time) bool) (pieces [][]byte, err error) {
	if err := c.admit(sizeOf(f)); err != nil {
		return nil, err
	}
	defer c.left()
	var piece bytes.Buffer
	encoder := json.NewEncoder(&piece)
	encoder.SetEscapeHTML(false)
	lines := 0
	for line := range audit.Lines(f, within, c.now) {
		if err := encoder.Encode(line); err != nil {
			return nil, err
		}
		if lines++; lines%pieceLines == 0 {
			pieces = append(pieces, bytes.Clone(piece.Bytes()))
			piece.Reset()
		}
	}
	return append(pieces, piece.Bytes()), c.Context().Err()
}

// pieceLines is how many lines go out at a time: well below what one message between Grafana and the plugin holds.
const pieceLines = 200

func (c *call) flush() {
	if f, ok := c.answer.(http.Flusher); ok {
		f.Flush()
	}
}

// Collection is how collecting a source is going.
type Collection struct {
	collect.SourceState
	// Stored counts the events in hand, by kind.
	Stored map[dora.Kind]int `json:"stored"`
	// Unreadable counts the rows of the store that are left out because they cannot be read.
	Unreadable int `json:"unreadable,omitempty"`
	// Errors are sentences, one for each part that failed in the last run.
	Errors []string `json:"errors"`
}

// Collections are the sources' and the sinks' states.
type Collections struct {
	Items []Collection `json:"items"`
	// Sinks are how delivering to each sink is going.
	Sinks []Delivery `json:"sinks"`
}

// Delivery is how delivering to a sink is going.
type Delivery struct {
	deliver.State
	// Message is that in a sentence.
	Message string `json:"message"`
}

func collection(c *call) error {
	stored := c.dataset.Counts()
	p := Collections{Items: []Collection{}, Sinks: []Delivery{}}
	for _, s := range c.dataset.Deliveries() {
		p.Sinks = append(p.Sinks, Delivery{s, s.Sentence(c.now)})
	}
	for _, s := range c.dataset.State() {
		each := Collection{SourceState: s, Stored: stored[s.ID], Errors: []string{}}
		if each.Stored == nil {
			each.Stored = map[dora.Kind]int{}
		}
		for _, row := range c.dataset.Unreadable() {
			if row.Source == s.ID {
				each.Unreadable++
			}
		}
		for _, failure := range s.Errors {
			each.Errors = append(each.Errors, failure.Error())
		}
		p.Items = append(p.Items, each)
	}
	return c.write(http.StatusOK, p)
}

// read reads the request's body, within its bound.
func (c *call) read(limit int64) error {
	if c.Body == nil {
		return nil
	}
	tooLong := refuse(http.StatusRequestEntityTooLarge, "", "the body is longer than %s; allowed: less, in several requests", bytesOf(limit))
	if c.ContentLength > limit {
		return tooLong
	}
	text, err := io.ReadAll(http.MaxBytesReader(c.answer, c.Body, limit))
	if errors.As(err, new(*http.MaxBytesError)) {
		return tooLong
	}
	c.sent = text
	return err
}

// bytesOf is a bound in words.
func bytesOf(limit int64) string {
	if limit >= 1<<20 {
		return fmt.Sprintf("%d MB", limit>>20)
	}
	return fmt.Sprintf("%d kB", limit>>10)
}
