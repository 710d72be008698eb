package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/world"
)

// Organisation is the invented organisation behind HTTP. It goes on living until it is closed.
type Organisation struct {
	URL   string // where GitHub's API is spoken
	Token string // that it wants

	world  *world.World
	server *http.Server
	stop   context.CancelFunc
	work   sync.WaitGroup
	failed error
}

// OrganisationOptions say which organisation, and where.
type OrganisationOptions struct {
	Listen string // host:port; port 0 is a free one
	Token  string // none: a random one
	Seed   uint64
	// DeployEvery makes someone deploy a service to production that often, each in turn, so that there is something to
	// see whatever the hour; zero leaves the organisation to itself.
	DeployEvery time.Duration
	// Webhooks is the address that is told of everything that happens, signed with the token; none: nobody is told.
	Webhooks string
}

// Found lets the organisation grow up to now and serves it.
func Found(o OrganisationOptions) (*Organisation, error) {
	if o.Token == "" {
		o.Token = newToken()
	}
	var post *messenger
	if o.Webhooks != "" {
		var err error
		if post, err = newMessenger(o.Webhooks, o.Token); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("the invented organisation cannot listen: %w", err)
	}
	invented := world.New(world.Options{Seed: o.Seed, Elsewhere: true})
	living, stop := context.WithCancel(context.Background())
	g := &Organisation{
		URL: "http://" + listener.Addr().String(), Token: o.Token, world: invented, stop: stop,
		server: &http.Server{Handler: invented.Speak(o.Token), ReadHeaderTimeout: 10 * time.Second},
	}
	g.work.Go(func() { // the server, until Close
		if err := g.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			g.failed = err
		}
	})
	if post != nil {
		invented.Subscribe(post.take)
		g.work.Go(func() { post.run(living) }) // the webhooks, until Close
	}
	g.work.Go(func() { _ = invented.Live(living, 1) }) // the clock, until Close
	if o.DeployEvery > 0 {
		g.work.Go(func() { deployInTurn(living, invented, o.DeployEvery) }) // the busy people, until Close
	}
	return g, nil
}

// Services are the organisation's.
func (g *Organisation) Services() []world.Service { return g.world.Services() }

// Elsewhere are the addresses at which it speaks for other systems than GitHub.
func (g *Organisation) Elsewhere() []world.Speaker {
	others := slices.DeleteFunc(slices.Clone(world.Speakers), func(s world.Speaker) bool { return s.Type == world.GitHub })
	for i := range others {
		others[i].Path = g.URL + strings.TrimSuffix(others[i].Path, "/")
	}
	return others
}

// Deploy makes someone deploy a service to production, now.
func (g *Organisation) Deploy(service string) (world.Deployment, error) {
	return g.world.Deploy(service)
}

func deployInTurn(ctx context.Context, invented *world.World, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	services := invented.Services()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, _ = invented.Deploy(services[i%len(services)].Name) // it fails only for unknown services
	}
}

// Close ends the organisation.
func (g *Organisation) Close() error {
	g.stop()
	err := g.server.Close()
	g.work.Wait()
	return errors.Join(err, g.failed)
}

func newToken() string {
	secret := make([]byte, 16)
	_, _ = rand.Read(secret) // it never fails
	return "demo-" + hex.EncodeToString(secret)
}
