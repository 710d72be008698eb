package argocd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// cursorVersion changes when a cursor's form does. Reading again is harmless, so another form is none.
const cursorVersion = 1

// positions are how far the applications are read, by their keys.
type positions struct {
	Version      int                    `json:"v"`
	Applications cursor.Parts[position] `json:"applications"`

	last []byte // as it was handed over last
}

// position is how far one application is read.
type position struct {
	// Created tells it from another application that had the name.
	Created time.Time `json:"created,omitzero"`
	// Started, Phase and Ended are of the operation that was read last.
	Started time.Time `json:"started,omitzero"`
	Phase   string    `json:"phase,omitempty"`
	Ended   time.Time `json:"ended,omitzero"`
	// Idle says that it brought nothing. Broken says that not all of the application could be read.
	Idle   bool `json:"idle,omitempty"`
	Broken bool `json:"broken,omitempty"`
	// Newest is the number of the newest entry of the history, and Read says that there was one.
	Newest int64 `json:"newest,omitempty"`
	Read   bool  `json:"read,omitempty"`
	// Until is when the newest entry was deployed.
	Until time.Time `json:"until,omitzero"`
	// Made is what ran after the operation that was read last: its revisions.
	Made string `json:"made,omitempty"`
	// Rules are what made deployments of it, Environment what its environment was, and Repositories what it ever deployed.
	Rules        string   `json:"rules,omitempty"`
	Environment  string   `json:"environment,omitempty"`
	Repositories []string `json:"repositories,omitempty"`
	// Guessed is the repository that deployments were told of before any image named one.
	Guessed string `json:"guessed,omitempty"`
	// Since is when the last operation began that succeeded. Ran are the versions that ran before it, and Runs those that the
	// images have named since, by repository.
	Since time.Time         `json:"since,omitzero"`
	Ran   map[string]string `json:"ran,omitempty"`
	Runs  map[string]string `json:"runs,omitempty"`
	// Seen are the versions that an origin has led to, the newest last.
	Seen []led `json:"seen,omitempty"`
}

// led is what an origin, by its digest, led to.
type led struct {
	Origin   string            `json:"o"`
	Versions map[string]string `json:"v"`
}

// seenLimit is how many origins are remembered: as many as Argo CD keeps to go back to, and some more.
const seenLimit = 20

// forgottenAfter is how long an application is remembered that is listed no more.
const forgottenAfter = 30 * 24 * time.Hour

// forget forgets applications that are gone since long: those of previews come and go.
func (p *positions) forget(there []*application, now time.Time) {
	listed := map[string]bool{}
	for _, a := range there {
		listed[a.key()] = true
	}
	var kept cursor.Parts[position]
	forgotten := false
	for key, at := range p.Applications.All() {
		if !listed[key] && now.Sub(at.Ended) > forgottenAfter {
			forgotten = true
			continue
		}
		*kept.At(key) = *at
	}
	if forgotten {
		p.Applications = kept
	}
}

func readPositions(text []byte) *positions {
	p := &positions{Version: cursorVersion}
	if len(text) > 0 && (json.Unmarshal(text, p) != nil || p.Version != cursorVersion) {
		return &positions{Version: cursorVersion}
	}
	p.last = text
	return p
}

func (p *positions) encode() ([]byte, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, `{"v":%d,"applications":`, p.Version)
	if err := p.Applications.Append(&text); err != nil {
		return nil, err
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}
