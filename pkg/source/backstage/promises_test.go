package backstage_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/backstage"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
	"github.com/livedora/dora-datasource/pkg/world"
)

const secret = "backstage-secret-0123456789"

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// portal is a Backstage whose catalogue a test may change.
type portal struct {
	http.Handler

	mu      sync.Mutex
	entries []world.Entry
	step    int
}

func newPortal(entries ...world.Entry) *portal {
	p := &portal{entries: entries}
	p.Handler = world.Backstage(secret, func() []world.Entry {
		p.mu.Lock()
		defer p.mu.Unlock()
		return append([]world.Entry{}, p.entries...)
	})
	return p
}

func component(name, owner, slug string) world.Entry {
	return world.Entry{Name: name, Type: "service", Owner: owner, Annotations: map[string]string{"github.com/project-slug": slug}}
}

func group(name string) world.Entry { return world.Entry{Kind: "Group", Name: name, Type: "team"} }

func (p *portal) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return noon.AddDate(0, 0, p.step)
}

// pass lets a day go by: a component comes, and another is handed over.
func (p *portal) pass() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.step++
	n := strconv.Itoa(p.step)
	p.entries = append(p.entries, component("new-"+n, "payments", "acme/new-"+n))
	p.entries[p.step].Owner = "shop"
}

func TestBackstageKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System {
			p := newPortal()
			for n := range 1100 {
				name := "service-" + strconv.Itoa(n)
				p.entries = append(p.entries, component(name, "payments", "acme/"+name))
			}
			p.entries = append(p.entries, group("payments"), group("shop"))
			return &sourcetest.System{
				Handler: p, Now: p.now, Pass: p.pass,
				Delete: map[string]func(*testing.T) (dora.Kind, string){"a component": func(*testing.T) (dora.Kind, string) {
					p.mu.Lock()
					defer p.mu.Unlock()
					gone := p.entries[7]
					p.entries = append(p.entries[:7:7], p.entries[8:]...)
					return dora.KindRepository, "component:default/" + gone.Name
				}},
			}
		},
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			given := source.Given{ID: "backstage", Client: client, Secrets: map[string]string{"token": secret}}
			return backstage.New(given, backstage.Settings{URL: address}, backstage.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{secret},
		Idle:    3,
	})
}
