package sourcetest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// gate stands between the source and the stand-in. Requests are numbered from 1.
type gate struct {
	system *System
	clock  *clock
	// secrets are what requests carry.
	secrets []string

	mu sync.Mutex
	// spoil says what becomes of a request; nil: it is answered.
	spoil func(number int, r *http.Request, body []byte) http.HandlerFunc
	// alter changes an answer on its way.
	alter func(http.Header)

	requests, strange int // strange are those without a secret
	now, peak         int // requests under way
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	g.mu.Lock()
	g.requests++
	g.now++
	g.peak = max(g.peak, g.now)
	if shows(fmt.Sprint(r.Header, r.URL), g.secrets) == "" {
		g.strange++
	}
	number, spoil, alter := g.requests, g.spoil, g.alter
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.now--
		g.mu.Unlock()
	}()
	w.Header().Set("Date", g.clock.Now().UTC().Format(http.TimeFormat))
	if spoil != nil {
		if spoiled := spoil(number, r, body); spoiled != nil {
			spoiled(w, r)
			return
		}
	}
	if alter != nil {
		w = &altered{w, alter}
	}
	g.system.Handler.ServeHTTP(w, r)
}

// heal has everything answered again, and counts from 1.
func (g *gate) heal() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.spoil, g.alter, g.requests, g.peak = nil, nil, 0, 0
}

// spoils has requests spoiled, and counts from 1.
func (g *gate) spoils(spoil func(number int, r *http.Request, body []byte) http.HandlerFunc) {
	g.heal()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.spoil = spoil
}

func (g *gate) counted() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.requests
}

// altered changes the header of an answer before it is sent.
type altered struct {
	http.ResponseWriter
	alter func(http.Header)
}

func (a *altered) WriteHeader(status int) {
	a.change()
	a.ResponseWriter.WriteHeader(status)
}

func (a *altered) Write(text []byte) (int, error) {
	a.change()
	return a.ResponseWriter.Write(text)
}

func (a *altered) change() {
	if a.alter != nil {
		a.alter(a.Header())
		a.alter = nil
	}
}

// clock is the collector's: the system's, and ahead of it by what was waited for.
type clock struct {
	system *System

	mu     sync.Mutex
	waited time.Duration
	waits  int
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.system.Now().Add(c.waited)
}

func (c *clock) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waited += d
	c.waits++
}

// shows is the secret that a text has as it is; empty where it has none.
func shows(text string, secrets []string) string {
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			return secret
		}
	}
	return ""
}
