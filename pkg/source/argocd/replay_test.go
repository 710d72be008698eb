package argocd_test

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/argocd"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const (
	replayToken = "header.payload.signature"
	everything  = "100000" // a history that is not cut
)

type row = map[string]any

// byLabel are settings by which the stand-in's applications have the environments of the recorded history.
func byLabel() argocd.Settings {
	return argocd.Settings{Environment: argocd.Environment{From: argocd.FromLabel, Label: "environment"}}
}

// byImage are those by which its images have the versions.
func byImage() argocd.Settings {
	own := byLabel()
	own.Version = argocd.Version{From: argocd.FromImage, Image: dora.MustPattern(`^ghcr\.io/(nhsdigital/.+)$`)}
	return own
}

// subject is Argo CD with stand-ins started with more arguments.
func subject(own argocd.Settings, arguments ...string) standintest.Subject {
	return standintest.Subject{
		System: "argocd", Token: replayToken, Arguments: arguments,
		Open: func(at *standintest.StandIn, h *replaytest.History, pace standintest.Pace) source.Source {
			own := own
			own.URL, own.Repositories = at.URL, []string{h.Name}
			given := at.Given()
			given.ID = "argo"
			return argocd.New(given, own, argocd.WithPace(pace))
		},
		Check: func(t *testing.T, h *replaytest.History, events []dora.Event) {
			h.Check(t, append(standintest.Join(t, h, dora.KindRepository, dora.KindCommit, dora.KindChange, dora.KindIncident), numbered(t, h, events)...))
		},
	}
}

// end is when a run of the recording ended, as Argo CD has it.
func end(d *dora.Deployment) time.Time {
	if at := d.Finished(); !at.IsZero() {
		return at
	}
	return d.Failed()
}

// numbered gives what was read the numbers and the source of the recording, which Argo CD does not know. Nothing else of it may
// differ: when each ended, and what it brought.
func numbered(t *testing.T, h *replaytest.History, events []dora.Event) (found []dora.Event) {
	t.Helper()
	of := func(events []dora.Event, environment string) (runs []*dora.Deployment) {
		for _, e := range events {
			if d, is := e.(*dora.Deployment); is && d.Environment == environment && !end(d).IsZero() && !d.Withdrawn {
				runs = append(runs, d)
			}
		}
		slices.SortFunc(runs, func(a, b *dora.Deployment) int {
			return cmp.Or(end(a).Compare(end(b)), cmp.Compare(a.Number, b.Number))
		})
		return runs
	}
	for _, environment := range []string{"prod", "prod-worker", "internal-dev"} {
		want, got := of(h.Events, environment), of(events, environment)
		if environment == "internal-dev" { // of which only months are compared
			want = slices.DeleteFunc(want, func(d *dora.Deployment) bool { return d.Finished().IsZero() })
			got = slices.DeleteFunc(got, func(d *dora.Deployment) bool { return d.Finished().IsZero() })
		}
		require.Len(t, got, len(want), environment)
		for i, d := range got {
			w := want[i]
			require.True(t, end(w).Equal(end(d)), "%s: %s ended at %s, not %s", environment, w.ID, end(w), end(d))
			require.Equal(t, w.Finished().IsZero(), d.Finished().IsZero(), w.ID)
			named := *d
			named.Source, named.ID, named.Number, named.URL, named.Repository = h.Source, w.ID, w.Number, w.URL, h.Name
			if version, is := dora.VersionOf(d.SHA); is { // what it is a version of is judged by the engine
				named.SHA = dora.VersionSHA(version)
			} else if !d.Finished().IsZero() {
				require.Equal(t, w.SHA, d.SHA, w.ID)
			}
			found = append(found, &named)
		}
	}
	return found
}

// instants are those at which nothing that the recording has is hidden yet: after each run that failed, and before any
// application has ten new ones.
func instants(h *replaytest.History) (found []time.Time) {
	var runs []*dora.Deployment
	for _, e := range h.Events {
		if d, is := e.(*dora.Deployment); is && !end(d).IsZero() {
			runs = append(runs, d)
		}
	}
	slices.SortFunc(runs, func(a, b *dora.Deployment) int { return end(a).Compare(end(b)) })
	fresh := map[string]int{}
	for i, d := range runs {
		fresh[d.Environment]++
		if fresh[d.Environment] < 9 && !d.Failed().After(time.Time{}) && i < len(runs)-1 {
			continue
		}
		found = append(found, end(d))
		clear(fresh)
	}
	return found
}

func TestAHistoryThatIsReadOftenHasTheFactsThatGitGives(t *testing.T) {
	for _, dir := range replaytest.Directories(t) {
		t.Run(dir[strings.LastIndexByte(dir, '/')+1:], func(t *testing.T) {
			t.Parallel()
			s := subject(byLabel())
			h := s.History(t, dir)
			at := s.Start(t, h, "2023-03-17T00:00:00Z")
			l := sourcetest.NewLedger()
			requests, steps, idle := 0, 0, 0
			for _, now := range instants(h) {
				at.Move(now)
				s.Read(t, l, at, h, now)
				requests, steps = requests+l.Last().Requests, steps+1
			}
			s.Read(t, l, at, h, instants(h)[steps-1])
			idle = l.Last().Requests
			t.Logf("%d events by %d requests in %d steps, %d where nothing changed", len(l.Events), requests, steps, idle)
			assert.Equal(t, 1, idle)
			assert.Empty(t, at.Stats().Unsupported)
			assert.NotContains(t, strings.Join(keys(at.Stats().ByKind), " "), "refresh")
			s.Check(t, h, l.All())
			for _, e := range l.Events {
				assert.Zero(t, e.(*dora.Deployment).Unseen, "nothing was missed: %s", e.Head().ID)
			}
		})
	}
}

func keys[V any](of map[string]V) (all []string) {
	for key := range of {
		all = append(all, key)
	}
	return all
}

// Failures are hidden by what came later, so that only deployments are the same.
func TestAHistoryThatIsNotCutIsReadAtOnce(t *testing.T) {
	for _, arguments := range [][]string{{"--history-limit", everything}, {"--history-limit", everything, "--multi-source"}} {
		s := subject(byLabel(), arguments...)
		s.Check = func(t *testing.T, h *replaytest.History, events []dora.Event) {
			if h.Overlay {
				return // it has failures
			}
			h.Check(t, append(standintest.Join(t, h, dora.KindRepository, dora.KindCommit, dora.KindChange), numbered(t, h, events)...))
		}
		s.Histories(t)
	}
}

func TestSeveralSourcesTellTheSameAsOne(t *testing.T) {
	t.Parallel()
	var told []*sourcetest.Ledger
	for _, arguments := range [][]string{{"--history-limit", everything}, {"--history-limit", everything, "--multi-source"}} {
		s := subject(byLabel(), arguments...)
		h := s.History(t, standintest.Synthetic(t))
		at := s.Start(t, h, standintest.AfterAll)
		l := s.Fresh(t, at, h, instants(h)[len(instants(h))-1])
		for _, e := range l.Events {
			d := e.(*dora.Deployment)
			d.URL = strings.TrimPrefix(d.URL, at.URL) // each has a port of its own
		}
		told = append(told, l)
	}
	sourcetest.Same(t, told[0], told[1])
	assert.Greater(t, len(told[0].Events), 500)
}

// Images name versions, whose tags GitHub knows. A version that is deployed again, from another commit of the configuration, looks
// as one whose images are late, and is not guessed.
func TestConfigurationInGitLeadsToTheSameFigures(t *testing.T) {
	t.Parallel()
	s := subject(byImage(), "--gitops")
	h := s.History(t, standintest.Synthetic(t))
	at := s.Start(t, h, "2023-03-17T00:00:00Z")
	l := sourcetest.NewLedger()
	var all []time.Time
	for _, e := range h.Events {
		if d, is := e.(*dora.Deployment); is && !end(d).IsZero() && d.Environment != "internal-dev" {
			all = append(all, end(d))
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	for _, now := range slices.Compact(all) {
		at.Move(now)
		s.Read(t, l, at, h, now)
	}
	code := standintest.Join(t, h, dora.KindRepository, dora.KindCommit, dora.KindChange)
	tags := standintest.Join(t, h, dora.KindDeployment)
	rule := func(source, environment string) dora.Service {
		return dora.Service{Name: source + " " + environment, Deployments: []dora.DeploymentRule{{Source: source, Repository: h.Name, Environment: dora.MustPattern("^" + environment + "$")}}}
	}
	for _, environment := range []string{"prod", "prod-worker"} {
		deriver := facts.NewDeriver(dora.Mapping{Services: []dora.Service{rule("github", environment), rule("argo", environment)}})
		deriver.Apply(append(append(slices.Clone(code), tags...), l.All()...)...)
		snapshot := deriver.Derive(dora.DefaultDefinition())
		byName := map[string]*facts.Service{}
		for _, f := range snapshot.Services {
			byName[f.Service.Name] = f
		}
		want, got := byName["github "+environment], byName["argo "+environment]
		require.Len(t, got.Deployments, len(want.Deployments))
		unknown := 0
		for i, d := range got.Deployments {
			w := want.Deployments[i]
			require.True(t, w.Finished.Equal(d.Finished))
			if version, is := dora.VersionOf(d.Event.SHA); is {
				require.Equal(t, w.Event.Ref, version)
			} else {
				require.True(t, w.Redeploy, "%s: only what looks as if nothing had changed is left open", w.Event.ID)
				unknown++
			}
			require.Equal(t, w.Commits, d.Commits, w.Event.ID)
			require.False(t, d.Redeploy && !w.Redeploy)
		}
		t.Logf("%s: %d deployments, of %d the version is left open", environment, len(got.Deployments), unknown)
		assert.Equal(t, unknown, got.Unmeasured[facts.ReasonUnknownCommit])
	}
}

func TestAReadingThatIsBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	subject(byLabel(), "--history-limit", everything).Kills(t, "2023-12-01T00:00:00Z", 3)
}

func TestFaultsOnTheWayCostNothing(t *testing.T) {
	t.Parallel()
	subject(byLabel(), "--history-limit", everything).Faults(t, "2023-12-01T00:00:00Z",
		row{"kind": "http500", "every": 3}, row{"kind": "http502_html", "every": 3}, row{"kind": "http503_retry_after", "every": 2, "retry_after": 1},
		row{"kind": "http429", "every": 2, "retry_after": 1}, row{"kind": "connection_reset", "every": 3})
}

func TestWhatNotificationsTellEndsWhereAReadingDoes(t *testing.T) {
	t.Parallel()
	s := subject(byLabel(), "--history-limit", everything)
	from := time.Date(2023, 6, 1, 0, 0, 0, 0, time.UTC)
	s.Told(t, from, 60, standintest.Hook{Kinds: []string{"notification"}, Register: row{"secret": standintest.Secret, "once_per": "operation", "duplicate": 0.2}})
}

func TestBadDaysAreToldInSentencesAndCostNothingThatWasCollected(t *testing.T) {
	t.Parallel()
	of := func(change func(own *argocd.Settings), token string) func(*standintest.StandIn, standintest.Pace) source.Source {
		return func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			own := byLabel()
			own.URL = at.URL
			change(&own)
			return argocd.New(source.Given{ID: "argo", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"token": token}}, own, argocd.WithPace(pace))
		}
	}
	none := func(*argocd.Settings) {}
	to := func(url string) func(*argocd.Settings) { return func(own *argocd.Settings) { own.URL = url } }
	subject(byLabel(), "--history-limit", everything).BadDays(t, "2023-08-01T00:00:00Z", []standintest.BadDay{
		{Name: "a token that expired", Control: row{"faults": []row{{"kind": "token_expired"}}}, Cause: source.CauseCredentials, Says: []string{"the token has expired"}},
		{Name: "a token that nobody knows", Open: of(none, "wrong-"+replayToken), Cause: source.CauseCredentials, Says: []string{"does not accept the token"}},
		{Name: "an account that sees nothing", Control: row{"faults": []row{{"kind": "repo_vanished", "repo": "NHSDigital/immunisation-fhir-api-synthetic"}}}, Cause: source.CausePermission, Says: []string{"shows no application", "p, ACCOUNT, applications, get, */*, allow"}},
		{Name: "a project that is not there", Open: of(func(own *argocd.Settings) { own.Projects = []string{"booking"} }, replayToken), Cause: source.CausePermission, Says: []string{"applications, get, booking/*, allow"}},
		{Name: "a selector that is none", Open: of(func(own *argocd.Settings) { own.Selector = "a in (" }, replayToken), Cause: source.CauseConfiguration, Says: []string{"does not understand the selector"}},
		{Name: "a path of the user interface", Open: func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			return of(to(at.URL+"/argocd"), replayToken)(at, pace)
		}, Cause: source.CauseConfiguration, Says: []string{"a page for people"}},
		{Name: "a page to sign in", Control: row{"faults": []row{{"kind": "secondary_limit"}}}, Cause: source.CauseConfiguration, Says: []string{"asks to log in"}},
		{Name: "a server that fails", Control: row{"faults": []row{{"kind": "http500"}}}, Cause: source.CauseServer, Says: []string{"Argo CD fails"}},
		{Name: "a limit that outlasts the run", Control: row{"faults": []row{{"kind": "http429", "retry_after": 7200}}}, Cause: source.CauseRateLimit, Says: []string{"the next run goes on from here"}},
		{Name: "no host", Open: of(to("http://127.0.0.1:1"), replayToken), Cause: source.CauseNetwork, Says: []string{"cannot be reached"}},
		{Name: "no address", Open: of(to("argocd"), replayToken), Cause: source.CauseConfiguration, Says: []string{"address is not set up"}},
		{Name: "no token", Open: of(none, ""), Cause: source.CauseCredentials, Says: []string{"no token is set"}},
	}...)
}
