package discover_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/discover"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/systems"
	"github.com/livedora/dora-datasource/pkg/world"
)

const token = "a-token-that-stays-secret"

// estate is the organisation of three hundred repositories, and what was seen of it.
type estate struct {
	*world.World
	address  string
	requests *atomic.Int64
	now      time.Time
	given    []discover.Given
	offers   []source.Offer
	points   int
}

func looked(t *testing.T, repositories int) *estate {
	t.Helper()
	e := &estate{now: time.Now().UTC().Truncate(time.Second), requests: &atomic.Int64{}}
	e.World = world.New(world.Options{Seed: 11, Now: e.now, Months: 6, Estate: repositories})
	speak := e.Speak(token)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.requests.Add(1)
		speak.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	e.address = server.URL
	s, err := settings.Parse(systems.All, map[string]any{"sources": []any{
		map[string]any{"id": "github", "type": "github", "url": server.URL, "repositories": []any{world.Organization + "/*"}},
	}}, map[string]string{"sources.github.token": token})
	require.NoError(t, err)
	for i := range s.Sources {
		each := &s.Sources[i]
		e.given = append(e.given, each.Given())
		offers, err := each.Open(server.Client()).(source.Explorer).Look(t.Context(), source.Look{Since: e.now.Add(-discover.Window), Report: func(p source.Progress) { e.points = p.Points }})
		require.NoError(t, err)
		e.offers = append(e.offers, offers...)
	}
	return e
}

func (e *estate) propose(t *testing.T, corrections ...discover.Correction) *discover.Proposal {
	t.Helper()
	p, err := discover.Propose(e.offers, e.given, e.now.Add(-discover.Window), e.now, corrections...)
	require.NoError(t, err)
	return p
}

// accepted collects with the settings of a proposal, as its file has them, and gives what each service's figures go by.
func (e *estate) accepted(t *testing.T, p *discover.Proposal) *dataset.Dataset {
	t.Helper()
	var file struct {
		Datasources []struct {
			JSONData       map[string]any    `yaml:"jsonData"`
			SecureJSONData map[string]string `yaml:"secureJsonData"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(p.YAML), &file))
	secrets := file.Datasources[0].SecureJSONData
	for name, value := range secrets {
		assert.True(t, strings.HasPrefix(value, "$"), "no secret is written: %s", name)
		secrets[name] = token
	}
	s, err := settings.Parse(systems.All, file.Datasources[0].JSONData, secrets)
	require.NoError(t, err, p.YAML)
	d, err := dataset.Open(t.Context(), dataset.Options{Name: "1/dora", Organisation: 1, Settings: s, Client: http.DefaultClient})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	_, err = d.Once(t.Context())
	require.NoError(t, err)
	return d
}

// found is what a dataset says of a service: when it was deployed within the window, and whose it is.
func (e *estate) found(d *dataset.Dataset) (deployed map[string][]time.Time, teams map[string][]string) {
	deployed, teams = map[string][]time.Time{}, map[string][]string{}
	snapshot := d.Snapshot()
	for _, s := range snapshot.Services {
		for _, each := range s.Deployments {
			if at := each.Finished; !at.Before(e.now.Add(-discover.Window)) {
				deployed[s.Service.Name] = append(deployed[s.Service.Name], at.UTC())
			}
		}
		teams[s.Service.Name] = snapshot.Teams(s)
	}
	return deployed, teams
}

func (e *estate) name(s world.Settled) string {
	if s.Part != "" {
		return s.Part
	}
	_, name, _ := strings.Cut(s.Repository, "/")
	return name
}

// judged are the services that a dataset has right, and those that it has not, with why.
func (e *estate) judged(d *dataset.Dataset) (right int, wrong map[string]string) {
	deployed, teams := e.found(d)
	wrong = map[string]string{}
	for _, s := range e.Estate() {
		name := e.name(s)
		slices.SortFunc(deployed[name], time.Time.Compare)
		switch {
		case !sameMoments(deployed[name], s.Deployed):
			wrong[name] = s.Habit
		case !slices.Equal(teams[name], []string{s.Team}):
			wrong[name] = "team " + s.Team + ", not " + strings.Join(teams[name], ", ")
		default:
			right++
		}
	}
	return right, wrong
}

// sameMoments are alike but for the minutes by which systems tell the same deployment's end otherwise.
func sameMoments(a, b []time.Time) bool {
	return slices.EqualFunc(a, b, func(a, b time.Time) bool { return a.Sub(b).Abs() <= 3*time.Hour })
}

func TestAProposalThatIsAcceptedUnseenIsTrueOfNearlyAllAndUnsureOfTheRest(t *testing.T) {
	t.Parallel()
	e := looked(t, 300)
	spent := e.requests.Load()
	p := e.propose(t)
	d := e.accepted(t, p)
	right, wrong := e.judged(d)
	unsure := map[string]bool{}
	for _, c := range p.Choices {
		for _, s := range c.Services {
			if s.Sure == discover.Unsure {
				unsure[s.Name] = true
			}
		}
	}
	t.Logf("%d requests, %d points; %+v; %d of %d services are right; wrong: %v", spent, e.points, p.Summary, right, len(e.Estate()), wrong)
	for name, why := range wrong {
		assert.True(t, unsure[name], "%s is wrong (%s) and not named as unsure", name, why)
	}
	assert.GreaterOrEqual(t, float64(right), 0.95*float64(len(e.Estate())))
}

func TestWhatAPersonSaysOfTheUnsureMakesAllOfItTrue(t *testing.T) {
	t.Parallel()
	e := looked(t, 120)
	truth := map[string]world.Settled{}
	for _, s := range e.Estate() {
		truth[s.Repository] = s
	}
	var said []discover.Correction
	for _, c := range e.propose(t).Choices {
		if len(c.Questions) == 0 {
			continue
		}
		word := discover.Correction{Source: c.Source, Repository: c.Repository}
		if is, service := truth[c.Repository]; service {
			word.Team = is.Team
			if is.Part == "" {
				word.From, word.Names, word.Environments = is.From, is.Workflows, is.Environments
			}
		} else {
			word.LeaveOut = true
		}
		said = append(said, word)
	}
	p := e.propose(t, said...)
	t.Logf("%d repositories were asked about; %+v", len(said), p.Summary)
	assert.Zero(t, p.Summary.Unsure)
	right, wrong := e.judged(e.accepted(t, p))
	assert.Empty(t, wrong)
	assert.Equal(t, len(e.Estate()), right)
}
