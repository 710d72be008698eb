package dataset_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/audit"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

// followed is an organisation that is read into a store that is kept.
type followed struct {
	*testing.T
	world *world.World
	url   string
	path  string
	api   string
	kept  *dataset.Dataset
	names []string // of the repositories to read, or patterns
	// from is what makes a deployment; backfill how far back is read, of a history that ends now, where that is not from the
	// beginning. Silent says that issues are not read.
	from     github.From
	backfill time.Duration
	silent   bool
	heads    map[string][]string // that main lines had, by repository
}

func follow(t *testing.T, seed uint64, api string, as ...func(*followed)) *followed {
	t.Helper()
	f := &followed{T: t, path: filepath.Join(t.TempDir(), "dora.db"), api: api, names: []string{"example-health/*"}, heads: map[string][]string{}}
	for _, set := range as {
		set(f)
	}
	invented := world.Options{Seed: seed, Months: 1}
	if f.backfill == 0 { // the same history every day
		invented.Now, f.backfill = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC), 100*365*24*time.Hour
	}
	f.world = world.New(invented)
	server := httptest.NewServer(f.world.Handler(token))
	t.Cleanup(server.Close)
	f.url = server.URL
	f.reads(f.names...)
	return f
}

func (f *followed) settings(store string) settings.Settings {
	f.Helper()
	s := parse(f.T, f.url, `,"store":{"path":"`+filepath.ToSlash(store)+`"}`)
	own := s.Sources[0].Own.(*github.Settings)
	own.Repositories, own.API, own.Deployments.From = f.names, github.API(f.api), f.from
	if f.from != "" {
		own.Deployments.Environment = "production"
	}
	if f.backfill > 0 {
		s.Collect.Backfill = dora.Duration(f.backfill)
	}
	if f.silent {
		own.Incidents = nil
	}
	return s
}

// reads opens the kept store anew, under settings that read these.
func (f *followed) reads(names ...string) {
	f.Helper()
	f.names = names
	if f.kept != nil {
		require.NoError(f, f.kept.Close())
	}
	f.kept = f.open(f.path)
	f.Cleanup(func() { _ = f.kept.Close() })
}

func (f *followed) open(path string) *dataset.Dataset {
	f.Helper()
	d, err := dataset.Open(f.Context(), options(f.T, "1/dora", f.settings(path)))
	require.NoError(f, err)
	return d
}

func (f *followed) collect() {
	f.Helper()
	_, err := f.kept.Once(f.Context())
	require.NoError(f, err)
}

// follows collects, and holds that the kept store is as one that begins now.
func (f *followed) follows(what string) {
	f.Helper()
	f.collect()
	f.same(what)
}

// same holds that the kept store says what an empty one says that reads now.
func (f *followed) same(what string) {
	f.Helper()
	empty := f.open(filepath.Join(f.TempDir(), "empty.db"))
	defer func() { require.NoError(f, empty.Close()) }()
	_, err := empty.Once(f.Context())
	require.NoError(f, err)
	want, got := said(empty), said(f.kept)
	for service, lines := range want {
		require.Equal(f, lines, got[service], "%s, %s", what, service)
	}
	for service, lines := range got { // a repository of which nothing is left to tell is a service no less
		require.Equal(f, want[service], lines, "%s, %s", what, service)
	}
}

// said is the audit trail, by service.
func said(d *dataset.Dataset) map[string][]string {
	trail := map[string][]string{}
	for _, facts := range d.Snapshot().Services {
		lines := []string{}
		for line := range audit.Lines(facts, func(time.Time) bool { return true }, time.Now()) {
			text, err := json.Marshal(line)
			if err != nil {
				panic(err)
			}
			lines = append(lines, string(text))
		}
		slices.Sort(lines)
		trail[facts.Service.Name] = lines
	}
	return trail
}

func (f *followed) done(err error) {
	f.Helper()
	require.NoError(f, err)
}

var interfaces = []string{"graphql", "rest"}

func TestTheStoreFollowsRepositories(t *testing.T) {
	const a, b, c = "example-health/booking", "example-health/patient-records", "example-health/medicines-api"
	for _, api := range interfaces {
		for name, story := range map[string]func(f *followed){
			"renamed": func(f *followed) {
				f.done(f.world.Rename(a, "example-health/slots"))
				f.follows("renamed")
				f.done(f.world.Rename("example-health/slots", a))
				f.follows("renamed back")
			},
			"renamed in letter case": func(f *followed) {
				f.done(f.world.Rename(a, "example-health/Booking"))
				f.follows("renamed")
			},
			"renamed, and another takes its name": func(f *followed) {
				f.done(f.world.Rename(a, "example-health/slots"))
				f.done(f.world.Rename(b, a))
				f.follows("renamed")
			},
			"names swapped": func(f *followed) {
				f.done(f.world.Swap(a, b))
				f.follows("swapped")
				f.done(f.world.Swap(b, a))
				f.follows("swapped back")
			},
			"deleted, and made anew under the same name": func(f *followed) {
				f.done(f.world.Remove(a))
				f.follows("deleted")
				f.done(f.world.Rename(b, a))
				f.follows("made anew")
			},
			"transferred to another owner": func(f *followed) {
				f.done(f.world.Rename(a, "elsewhere/booking"))
				f.follows("out of reach")
				f.done(f.world.Rename("elsewhere/booking", a))
				f.follows("and back")
			},
			"left out, and back": func(f *followed) {
				before := said(f.kept)
				f.reads("example-health/*", "!"+a)
				f.same("before it is read again")
				f.reads(b)
				f.same("by a narrower name")
				f.reads("example-health/*")
				require.Equal(f, before, said(f.kept), "nothing has to be read again")
				f.follows("read again")
			},
			"read by an old name": func(f *followed) {
				f.reads(a, b)
				f.done(f.world.Rename(a, "example-health/slots"))
				f.follows("renamed")
				f.done(f.world.Rename(b, a))
				f.reads(a, c)
				f.follows("another has the name")
				f.reads("example-health/slots", a)
				f.follows("by the new name")
			},
		} {
			t.Run(name+" over "+api, func(t *testing.T) {
				t.Parallel()
				f := follow(t, 5, api)
				f.collect()
				story(f)
			})
		}
	}
}

func TestTheStoreFollowsDeploymentsAndIssues(t *testing.T) {
	const a, b = "example-health/booking", "example-health/patient-records"
	for _, api := range interfaces {
		t.Run(api, func(t *testing.T) {
			t.Parallel()
			f := follow(t, 5, api)
			f.collect()
			_, err := f.world.RemoveDeployment(a, 3)
			f.done(err)
			f.follows("a deployment deleted")

			incidents := f.world.Incidents(a)
			require.NotEmpty(f, incidents)
			moved, err := f.world.TransferIssue(a, incidents[0], b)
			f.done(err)
			f.follows("an incident transferred")
			_, err = f.world.TransferIssue(b, moved, a)
			f.done(err)
			f.follows("and back")
			for _, number := range f.world.Incidents(a) {
				_, err = f.world.TransferIssue(a, number, "")
				f.done(err)
			}
			_, err = f.world.Deploy(f.world.Services()[0].Name)
			f.done(err)
			f.follows("all deleted, while something was deployed")
		})
	}
}

func TestTheStoreFollowsPullRequests(t *testing.T) {
	const a = "example-health/booking"
	for _, api := range interfaces {
		for name, as := range map[string]func(*followed){
			"read from the beginning": func(*followed) {},
			"without issues":          func(f *followed) { f.silent = true },
			"read for two weeks":      func(f *followed) { f.backfill = 14 * 24 * time.Hour },
		} {
			t.Run(name+" over "+api, func(t *testing.T) {
				t.Parallel()
				f := follow(t, 5, api, as)
				merged := f.world.MergedPulls(a)
				f.done(f.world.HidePull(a, merged[2], true)) // of which the store does not know
				f.collect()
				for _, number := range []int{merged[0], merged[len(merged)/2], merged[len(merged)-1]} {
					f.done(f.world.HidePull(a, number, true))
					f.follows(fmt.Sprintf("%d is not shown any more", number))
				}
				f.done(f.world.HidePull(a, merged[len(merged)/2], false))
				f.done(f.world.HidePull(a, merged[len(merged)-1], false))
				_, err := f.world.Deploy(f.world.Services()[0].Name)
				f.done(err)
				f.follows("two are shown again, while something is deployed")
				if f.backfill > 365*24*time.Hour { // what a deployment of long ago shipped was looked for once
					f.done(f.world.HidePull(a, merged[2], false))
					f.follows("shown for the first time")
				}
			})
		}
	}
}

func TestTheStoreFollowsAMainLineThatIsRewritten(t *testing.T) {
	const a = "example-health/booking"
	for _, api := range interfaces {
		t.Run(api, func(t *testing.T) {
			t.Parallel()
			f := follow(t, 5, api, func(f *followed) { f.from = github.FromMerges })
			f.collect()
			before, err := f.world.Reset(a, 4, "")
			f.done(err)
			f.follows("forced back by four commits")
			services := f.world.Services()
			_, err = f.world.Deploy(services[slices.IndexFunc(services, func(s world.Service) bool { return s.Repository == a })].Name)
			f.done(err)
			f.follows("another way from there")
			_, err = f.world.Reset(a, 0, before)
			f.done(err)
			f.follows("forced to where it was")
		})
	}
}

// corrected collects, and says of a deployment that it failed.
func (f *followed) corrected() *facts.Deployment {
	f.Helper()
	f.collect()
	d := f.kept.Snapshot().Services[0].Deployments[2]
	_, err := f.kept.Correct(f.Context(), dora.Correction{Deployment: d.Event.FullID(), Verdict: dora.VerdictFailed, Reason: "nobody could log in", Author: "dev-01"})
	f.done(err)
	return d
}

func TestWordsOutliveARename(t *testing.T) {
	f := follow(t, 5, "graphql")
	d := f.corrected()
	f.done(f.world.Rename(d.Event.Repository, "example-health/renamed"))
	f.collect()
	found := f.kept.Snapshot()
	for _, facts := range found.Services {
		require.NotEqual(t, d.Event.Repository, facts.Service.Name)
		for _, now := range facts.Deployments {
			if now.Event.Number == d.Event.Number {
				assert.True(t, now.Said != nil && now.Failed(), "what was said of it before it was renamed")
				return
			}
		}
	}
	t.Fatal("the deployment is gone")
}

func TestWhatAPersonCorrectedIsNotWithdrawn(t *testing.T) {
	f := follow(t, 5, "graphql")
	d := f.corrected()
	for range 40 {
		_, err := f.world.RemoveDeployment(d.Event.Repository, 0)
		if err != nil {
			break
		}
	}
	f.collect()
	stays := false
	for _, now := range f.kept.Snapshot().Services[0].Deployments {
		stays = stays || now.Event.Number == d.Event.Number
	}
	assert.True(t, stays)
}

// TestWhateverHappensToRepositoriesTheFiguresAreThoseOfAnEmptyStore draws what people do in an organisation.
func TestWhateverHappensToRepositoriesTheFiguresAreThoseOfAnEmptyStore(t *testing.T) {
	histories, steps := 3, 8
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		histories, steps = 40, 25
	}
	for seed := range uint64(histories) {
		for _, api := range interfaces {
			t.Run(fmt.Sprintf("%d over %s", seed, api), func(t *testing.T) {
				t.Parallel()
				steps := steps
				if api == "rest" { // the world gives as many points an hour as GitHub does
					steps = min(steps, 6)
				}
				random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // drawn
				f := follow(t, 5+seed%3, api, func(f *followed) {
					if seed%2 == 1 {
						f.from = github.FromMerges
					}
				})
				f.collect()
				var story []string
				for range steps {
					for range 1 + random.IntN(3) {
						story = append(story, f.draw(random))
					}
					f.follows(strings.Join(story, "; "))
				}
			})
		}
	}
}

// draw does something, and says what.
func (f *followed) draw(random *rand.Rand) string {
	f.Helper()
	all := f.world.Repositories()
	some := func() string { return all[random.IntN(len(all))] }
	one, other := some(), some()
	switch random.IntN(12) {
	case 0, 1:
		to := fmt.Sprintf("example-health/%c", 'a'+rune(random.IntN(8)))
		if random.IntN(4) == 0 {
			to = "elsewhere" + strings.TrimPrefix(to, "example-health")
		}
		if err := f.world.Rename(one, to); err != nil {
			return err.Error()
		}
		return one + " is renamed to " + to
	case 2:
		if one == other {
			return "nothing"
		}
		f.done(f.world.Swap(one, other))
		return one + " and " + other + " swap names"
	case 3:
		if len(all) < 3 {
			return "nothing"
		}
		f.done(f.world.Remove(one))
		return one + " is deleted"
	case 4:
		names := []string{"example-health/*"}
		if random.IntN(2) == 0 {
			names = append(names, "!"+one)
		}
		f.reads(names...)
		return "read is " + strings.Join(names, " ")
	case 5:
		gone, err := f.world.RemoveDeployment(one, random.IntN(12))
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("deployment %d of %s is deleted", gone, one)
	case 6, 7:
		incidents := f.world.Incidents(one)
		if len(incidents) == 0 || one == other {
			return "nothing"
		}
		number := incidents[random.IntN(len(incidents))]
		if random.IntN(2) == 0 {
			other = ""
		}
		_, err := f.world.TransferIssue(one, number, other)
		f.done(err)
		return fmt.Sprintf("incident %d of %s moves to %q", number, one, other)
	case 8, 9:
		pulls, hidden := f.world.MergedPulls(one), false
		if hidden = random.IntN(3) > 0; !hidden {
			pulls = f.world.Hidden(one)
		}
		if len(pulls) == 0 {
			return "nothing"
		}
		number := pulls[random.IntN(len(pulls))]
		f.done(f.world.HidePull(one, number, hidden))
		return fmt.Sprintf("pull request %d of %s is hidden: %t", number, one, hidden)
	case 10:
		if f.from != github.FromMerges {
			return "nothing"
		}
		back, head := random.IntN(6), ""
		if heads := f.heads[one]; len(heads) > 0 && random.IntN(2) == 0 {
			back, head = 0, heads[random.IntN(len(heads))]
		}
		before, err := f.world.Reset(one, back, head)
		if err != nil {
			return err.Error()
		}
		f.heads[one] = append(f.heads[one], before)
		return fmt.Sprintf("%s is forced back by %d commits, or to %q", one, back, head)
	}
	services := f.world.Services()
	service := services[random.IntN(len(services))]
	if !slices.Contains(all, service.Repository) {
		return "nothing"
	}
	_, err := f.world.Deploy(service.Name)
	f.done(err)
	return service.Name + " is deployed"
}

func TestARepositoryThatIsNotThereAnyMoreIsTold(t *testing.T) {
	const a, b = "example-health/booking", "example-health/patient-records"
	f := follow(t, 5, "graphql")
	f.collect()
	texts := func() string {
		var all []string
		for _, each := range f.kept.Absences(time.Now()) {
			all = append(all, each.Text)
		}
		return strings.Join(all, " ")
	}
	f.done(f.world.Rename(a, "example-health/slots"))
	f.collect()
	require.Empty(t, texts(), "a pattern matches it as well as before")
	f.reads("example-health/*", "!example-health/slots")
	require.Equal(t, a+" is called example-health/slots now, which the settings do not select: it is out of all figures.", texts())
	f.reads(a, b)
	require.Equal(t, a+" is called example-health/slots now: name that in the settings, so that its services count it.", texts())
	f.reads("example-health/*")
	f.done(f.world.Remove(b))
	f.collect()
	require.Contains(t, texts(), "github lists "+b+" no longer since ")
	require.Empty(t, f.kept.Absences(time.Now().AddDate(0, 1, 0)), "nobody has to be told for ever")
}
