package argocd

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

var _ source.Receiver = (*Source)(nil)

// payload is what the template tells of an operation. Where something is not set, templates write words in its place.
type payload struct {
	Application string            `json:"application"`
	Namespace   string            `json:"namespace"`
	Project     string            `json:"project"`
	Destination destination       `json:"destination"`
	Labels      map[string]string `json:"labels"`
	RepoURL     string            `json:"repoURL"` // of Source, where the template tells that alone
	Source      *sourceRecord     `json:"source"`
	Sources     []*sourceRecord   `json:"sources"`
	Revision    string            `json:"revision"`
	Revisions   []string          `json:"revisions"`
	Phase       string            `json:"phase"`
	Started     string            `json:"startedAt"`
	Finished    string            `json:"finishedAt"`
	Images      []string          `json:"images"`
}

// Receive implements source.Receiver. What a notification tells is counted at once, since the next operation may hide it, and
// the application is read.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return source.Received{}, unreadable(err)
	}
	if p.Application == "" {
		return source.Received{}, &source.Mistake{Field: "application", Problem: "is missing; the notification's template tells it"}
	}
	received := source.Received{Kind: "notification"}
	key := (&application{Metadata: metadata{Name: p.Application, Namespace: p.Namespace}}).key()
	switch {
	case s.unusable != nil:
		received.Ignored = "this source is not set up"
	case len(s.config.Projects) > 0 && !slices.Contains(s.config.Projects, p.Project):
		received.Ignored = "this source does not read the application's project"
	case s.config.Selector != "": // whether it would be selected is Argo CD's to say
		received.Refresh = []string{key}
	default:
		received.Refresh, received.Events = []string{key}, s.told(&p, key)
	}
	return received, nil
}

// told makes events of an operation that is over, as far as it is told.
func (s *Source) told(p *payload, key string) (events []dora.Event) {
	started, ended := instantOf(p.Started), instantOf(p.Finished)
	o := operation{Phase: p.Phase}
	if started.IsZero() || ended.IsZero() || !o.over() {
		return nil
	}
	state := dora.StateSuccess
	if o.failed() {
		state = dora.StateFailure
	}
	d := deployed{name: p.Application, key: key, environment: s.environment(p.Application, p.Labels, p.Destination), began: started, statuses: []dora.DeploymentStatus{
		{State: dora.StateRunning, At: started}, {State: state, At: ended},
	}}
	for _, b := range s.toldVersions(p) {
		made := s.of(d, b)
		made.SHA, made.Rank = b.sha, dora.Told // one that is not known contradicts none that is
		dora.Bound(made)
		events = append(events, made)
	}
	return events
}

// toldVersions are what a notification says was brought. What images say of the version is judged by what ran before, which it
// does not tell.
func (s *Source) toldVersions(p *payload) (found []brought) {
	if !s.byImage() {
		from := p.Source
		if from == nil {
			from = &sourceRecord{RepoURL: p.RepoURL}
		}
		return s.ofRevisions(&origin{Source: from, Sources: p.Sources, Revision: p.Revision, Revisions: p.Revisions})
	}
	for repository := range s.ofImages(p.Images) {
		found = append(found, brought{repository: repository})
	}
	return found
}

// instantOf reads a time; zero where words stand in its place.
func instantOf(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// unreadable is a genuine call that cannot be read. It repeats no value.
func unreadable(err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return &source.Mistake{Field: mistyped.Field, Problem: "is of another type than the template tells"}
	}
	return &source.Mistake{Problem: "the body is no JSON: look at the notification's template"}
}

// proves says whether a call carries the secret, in its header or as a bearer token.
func proves(secret string, header http.Header, body []byte) error {
	token, bearer := strings.CutPrefix(header.Get("Authorization"), "Bearer ")
	if secret != "" && bearer && header.Get(source.SecretHeader) == "" {
		// Hashed first, so that not even the length shows.
		a, b := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(secret))
		if subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
			return source.ErrForged
		}
		return nil
	}
	return source.Proves(secret, header, body)
}
