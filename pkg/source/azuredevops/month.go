package azuredevops

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
)

// month is what a project had of each way to deploy in the last 30 days, so that a person can choose. It is looked for once a
// day, with a request for each way; what the chosen one has is known without.
type month struct {
	At           time.Time `json:"at"`
	Into         int       `json:"into,omitempty"` // deployments into environments, where these are chosen
	Environments tally     `json:"environments,omitzero"`
	Runs         tally     `json:"runs,omitzero"`
	Releases     tally     `json:"releases,omitzero"`
}

// tally is how many there are, of one page: More says that there are others. Hidden: it could not be seen.
type tally struct {
	N      int  `json:"n,omitempty"`
	More   bool `json:"more,omitempty"`
	Hidden bool `json:"hidden,omitempty"`
}

const (
	monthOf    = 30 * 24 * time.Hour
	monthStays = 24 * time.Hour
)

// sighted is an entry that is counted only.
type sighted struct{}

func (*sighted) Lacks() string { return "" }

// lookAround counts what each way to deploy would have found. What cannot be seen is said to be so, and is no failure: a token
// may well read only what was chosen.
func (s *projectSync) lookAround(ctx context.Context) error {
	now := s.now()
	if m := s.state.Month; m != nil && now.Sub(m.At) < monthStays {
		return nil
	}
	since := instant(now.Add(-monthOf))
	m := &month{At: now, Into: s.into}
	looks := []struct {
		tally *tally
		q     question
	}{
		{&m.Environments, question{path: s.path + "/_apis/distributedtask/environments", about: ofEnvironments}},
		{&m.Runs, question{path: s.path + "/_apis/build/builds", query: url.Values{"minTime": {since}, "statusFilter": {"completed"}, "$top": {"1000"}}, about: ofBuilds}},
		{&m.Releases, question{root: s.releases, path: s.path + "/_apis/release/deployments", query: url.Values{"minModifiedTime": {since}, "$top": {"100"}}, about: ofReleases}},
	}
	for _, look := range looks {
		if look.tally == &m.Environments && slices.Contains(s.ways(), FromEnvironments) {
			look.tally.N = s.environments
			continue
		}
		p, err := many[sighted](ctx, s.run, s.part, look.q, true)
		var known *source.Error
		switch {
		case err == nil:
			*look.tally = tally{N: len(p.rows), More: p.token != ""}
		case ctx.Err() != nil, !errors.As(err, &known), known.Cause == source.CauseRateLimit:
			return err
		default:
			look.tally.Hidden = true
			s.Progress.Trouble = "" // it is not tried again
		}
	}
	s.state.Month = m
	return s.emit(ctx, nil)
}

// remark says what was seen in the last month of the projects that are read; nothing before it was looked for.
func (r *run) remark() string {
	var sentences []string
	for _, p := range r.cursor.Projects.All() {
		if m := p.Month; m != nil && r.selection.takesProject(p.Name) {
			sentences = append(sentences, "In the last 30 days "+p.Name+" had "+m.text(r.reads(FromEnvironments))+".")
		}
	}
	slices.Sort(sentences)
	if more := len(sentences) - remarkLimit; more > 0 {
		sentences = append(sentences[:remarkLimit], fmt.Sprintf("%d more projects are not told of here.", more))
	}
	return strings.Join(sentences, " ")
}

// remarkLimit is how many projects are told of.
const remarkLimit = 3

func (m *month) text(environmentsRead bool) string {
	environments := m.Environments.of("environment", "environments") + " that pipelines may deploy into"
	if environmentsRead {
		environments = tally{N: m.Into}.of("deployment", "deployments") + " into " + m.Environments.of("environment", "environments")
	}
	return fmt.Sprintf("%s, %s and %s", environments, m.Runs.of("pipeline run", "pipeline runs"), m.Releases.of("deployment by classic releases", "deployments by classic releases"))
}

func (t tally) of(one, several string) string {
	switch {
	case t.Hidden:
		return several + " that the token may not see"
	case t.More:
		return strconv.Itoa(t.N) + " or more " + several
	case t.N == 1:
		return "1 " + one
	case t.N == 0:
		return "no " + one
	}
	return strconv.Itoa(t.N) + " " + several
}
