package bitbucket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/lineage"
)

// cursorVersion changes when a cursor's form does. Reading again is harmless, so another form is none.
const cursorVersion = 1

// positions are where runs go on, by Bitbucket's own ids, which stay whatever things are called.
type positions struct {
	Version      int                    `json:"v"`
	Repositories cursor.Parts[position] `json:"repositories"`
	// Names are which repository was read last that was called so, in lower case.
	Names map[string]string `json:"names"`

	last []byte // as it was handed over last
}

// position is how far one repository is read.
type position struct {
	Name   string      `json:"name"` // workspace/repository
	Branch string      `json:"branch,omitempty"`
	Head   string      `json:"head,omitempty"` // all that leads to it is handed over
	URL    string      `json:"url,omitempty"`
	Traits dora.Traits `json:"traits,omitzero"`
	// Pushed is when it was pushed to last as of the reading of its code that was completed last.
	Pushed time.Time `json:"pushed,omitzero"`
	// Announced is the version in which it was told of last. Gone says that it was told to be no more.
	Announced time.Time         `json:"announced,omitzero"`
	Gone      bool              `json:"gone,omitempty"`
	Formerly  []dora.FormerName `json:"formerly,omitempty"`
	Old       []string          `json:"old,omitempty"`
	Began     time.Time         `json:"began,omitzero"`

	lineage.Anchors // heads that were reached
	// Requests is up to which change pull requests are read, and Last which of that instant they were.
	Requests time.Time `json:"requests,omitzero"`
	Last     []int64   `json:"last,omitempty"`
	// Pipelines is a digest of the newest ones as of when deployments were read last.
	Pipelines string `json:"pipelines,omitempty"`
	// Unplaced are deployed commits that the branch was not seen to lead to, Placed those that were looked for.
	Unplaced []string `json:"unplaced,omitempty"`
	Placed   []string `json:"placed,omitempty"`
	// Lanes are the first deployments within the history, and Claimed the pull requests from before it that they may ship.
	Lanes   lineage.Lanes `json:"lanes,omitempty"`
	Claimed []int64       `json:"claimed,omitempty"`
	// Serving is what decided which deployments count when they were read last.
	Serving string `json:"serving,omitempty"`
}

func readPositions(text []byte) *positions {
	p := &positions{Version: cursorVersion}
	if len(text) > 0 && (json.Unmarshal(text, p) != nil || p.Version != cursorVersion) {
		p = &positions{Version: cursorVersion}
	} else {
		p.last = text
	}
	if p.Names == nil {
		p.Names = map[string]string{}
	}
	return p
}

func (p *positions) encode() ([]byte, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, `{"v":%d,"repositories":`, p.Version)
	if err := p.Repositories.Append(&text); err != nil {
		return nil, err
	}
	names, err := json.Marshal(p.Names)
	if err != nil {
		return nil, err
	}
	text.WriteString(`,"names":`)
	text.Write(names)
	text.WriteByte('}')
	return text.Bytes(), nil
}
