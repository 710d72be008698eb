package dataset_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/memory"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// newsroom is an organisation of which a program tells.
type newsroom struct {
	*testing.T
	d     *dataset.Dataset
	store store.Store
	now   time.Time
	told  int
}

func newsOf(t *testing.T, sources string) *newsroom {
	t.Helper()
	object, err := strict.Object([]byte(`{"sources":[` + sources + `],"owners":[{"from":"topics","pattern":"^team-(.+)$"},{"from":"codeowners"},{"from":"groups"}]}`))
	require.NoError(t, err)
	s, err := settings.Parse(systems.All, object, map[string]string{"sources.github.token": token})
	require.NoError(t, err)
	n := &newsroom{T: t, store: memory.New(), now: time.Now()}
	o := options(t, "1/news", s)
	o.Store = n.store
	n.d, err = dataset.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.d.Close()) })
	return n
}

// tell tells of a repository, newer than whatever was told before, with a deployment so many days ago, and gives the news.
func (n *newsroom) tell(name string, traits dora.Traits, days int) []string {
	n.Helper()
	n.told++
	at := n.now.AddDate(0, 0, -days)
	header := func(id string) dora.Header {
		return dora.Header{Source: "ci", ID: id, Updated: n.now.Add(time.Duration(n.told-1000) * time.Second)}
	}
	_, err := n.store.Apply(n.Context(), store.Batch{Events: []dora.Event{
		&dora.Repository{Header: header(name), Name: name, DefaultBranch: "main", Traits: traits},
		&dora.Deployment{Header: header(fmt.Sprint(name, days)), Repository: name, Number: int64(1000 - days), SHA: strings.Repeat("c", 40), Environment: "production", Created: at, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}}},
	}})
	require.NoError(n, err)
	require.NoError(n, n.d.Refresh(n.Context()))
	var news []string
	for _, sentence := range n.d.News("ci", n.now) {
		news = append(news, day.ReplaceAllString(sentence, "DAY"))
	}
	return news
}

var day = regexp.MustCompile(`\b20\d\d-\d\d-\d\d\b`)

const program = `{"id":"ci","type":"webhook"}`

func TestAServiceThatComesToAnotherTeamIsTold(t *testing.T) {
	t.Parallel()
	n := newsOf(t, program)
	topics := func(all ...string) dora.Traits { return dora.Traits{Topics: all} }
	assert.Empty(t, n.tell("acme/till", topics("team-shop"), 3), "who saw one team alone knows of no other")
	assert.Empty(t, n.tell("acme/till", topics("go", "team-shop"), 3))
	moved := "Came to another team: acme/till (from shop to payments, seen DAY)."
	assert.Equal(t, []string{moved}, n.tell("acme/till", topics("team-payments"), 3))
	assert.Equal(t, []string{moved}, n.tell("acme/search", topics("team-shop"), 3), "it is told for a while, and what is new here came to nobody from anybody")
	assert.Empty(t, n.d.News("ci", n.now.AddDate(0, 1, 1)), "and not for ever")
	assert.Empty(t, n.d.News("other", n.now))
	group := topics()
	group.Group = "acme"
	assert.Equal(t, []string{moved}, n.tell("acme/search", group, 3), "that another place says it need not mean that anything happened")

	owned := func(owner string) dora.Traits { return dora.Traits{CodeOwners: "* " + owner} }
	n.tell("acme/search", owned("@ann"), 3)
	news := n.tell("acme/search", owned("@acme/finders"), 3)
	assert.Equal(t, []string{"Came to another team: acme/search (from a person to finders, seen DAY), acme/till (from shop to payments, seen DAY)."}, news, "people are not named")
}

func TestAServiceWhoseRepositoriesAreArchivedIsTold(t *testing.T) {
	t.Parallel()
	n := newsOf(t, program)
	traits := dora.Traits{Topics: []string{"team-shop"}}
	for days := 100; days > 40; days -= 5 {
		n.tell("acme/till", traits, days)
	}
	assert.Equal(t, []string{"Gone quiet, against their habit: acme/till."}, n.tell("acme/till", traits, 45))
	traits.Archived = true
	assert.Equal(t, []string{"Archived, and deployed in the last 90 days: acme/till."}, n.tell("acme/till", traits, 45), "that is why it is quiet")
	assert.Empty(t, n.d.News("ci", n.now.AddDate(0, 2, 0)))
}

func TestAServiceThatNobodyOwnsIsToldWhereOwnersAreAskedFor(t *testing.T) {
	t.Parallel()
	n := newsOf(t, program)
	assert.Equal(t, []string{"Owned by nobody: acme/till."}, n.tell("acme/till", dora.Traits{}, 3))
	assert.Empty(t, n.tell("acme/till", dora.Traits{Topics: []string{"team-shop"}}, 3), "it came from nobody")
}

// While a first reading goes on teams come in piece by piece, and none of that is a service that came to another team.
func TestWhileAFirstReadingGoesOnNothingCameToAnotherTeam(t *testing.T) {
	t.Parallel()
	n := newsOf(t, program+`,{"id":"github","type":"github","url":"`+silent(t)+`","repositories":["acme/*"]}`)
	n.tell("acme/till", dora.Traits{Topics: []string{"team-shop"}}, 3)
	assert.Empty(t, n.tell("acme/till", dora.Traits{Topics: []string{"team-shop", "team-payments"}}, 3))
}
