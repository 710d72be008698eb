package sourcetest

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Subject is a source that is put to the test.
type Subject struct {
	// Start gives a test a stand-in to itself, with its history as of the beginning, the same each time.
	Start func(t *testing.T) *System
	// Open makes the source that reads the whole of the system at an address, at a pace. It is made anew for each run.
	Open func(address string, client *http.Client, pace wire.Pace) source.Source
	// Secrets are what the source was given and must not show. Every request carries one. Keyless says that there are none: what
	// is read everybody may read.
	Secrets []string
	Keyless bool
	// Marks are headers that the system gives with every answer, by which the source may know that its words may be repeated.
	Marks map[string]string
	// Refusals are the ways of the system's own in which it says that a limit holds, by name. Those that all share are tried
	// in any case.
	Refusals map[string]Refusal
	// Moments is how many moments of a run are tried, spread evenly over it, where a promise holds at any; 0: six.
	Moments int
	// Idle is how many requests a run makes at most in which nothing changed; 0: fewer than the first reading.
	Idle int
}

// System is a stand-in.
type System struct {
	// Handler answers as the system does.
	Handler http.Handler
	// Now is what its clock says. Pass lets some time go by, in which things come and things that were there change.
	Now  func() time.Time
	Pass func()
	// Holds counts what there is to read, by kind, where the stand-in knows; nil: a first reading is held against others alone.
	Holds func() map[dora.Kind]int
	// Parts are what the source reads one by one, such as repositories, by the names that its errors have; About says whether
	// a request is about one of them.
	Parts []string
	About func(r *http.Request, body []byte, part string) bool
	// Unseen are the ways in which it answers about a part that is not there or may not be read, by name.
	Unseen map[string]http.HandlerFunc
	// Delete are the ways to take something away that was read, by name. Each gives the kind and the id of its event.
	Delete map[string]func(t *testing.T) (dora.Kind, string)
	// Rename gives a part another name; nil: that cannot be.
	Rename func(t *testing.T) (from, to string)
}

// Refusal refuses a request because of a limit, and says how long that holds.
type Refusal func(w http.ResponseWriter, now time.Time) time.Duration

// Behind reaches a stand-in in another process. It hears the name that the source asks for.
func Behind(t *testing.T, address string) http.Handler {
	t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host
	}}
}
