package source

import (
	"context"
	"regexp"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Explorer is a source that can look around: it tells, in one cheap pass, what each of the repositories that it reads has to
// offer. Nothing is stored, and nothing that is stored changes.
type Explorer interface {
	// Look returns what could be read, beside the errors of what could not, as Collect does.
	Look(ctx context.Context, l Look) ([]Offer, error)
}

// Labelled are settings in which issues with some labels can be incidents: it gives what incidents are to be then.
type Labelled interface {
	ByLabels(labels []string) any
}

// Look is what is asked of an Explorer.
type Look struct {
	// Since is from when on what happened counts.
	Since time.Time
	// Report tells how far it is; nil: nobody listens.
	Report func(Progress)
}

// Offer is what a repository has to offer.
type Offer struct {
	Source     string      `json:"source"`
	Repository string      `json:"repository"`
	Traits     dora.Traits `json:"-"`
	// Empty says that there is no commit in it, and Pushed when there was one last, as far as that is told.
	Empty  bool      `json:"empty,omitempty"`
	Pushed time.Time `json:"pushed,omitzero"`
	// Signals are what may be deployments, each kind by what tells it apart.
	Signals []Signal `json:"signals"`
	// Merges is how many changes landed on the default branch.
	Merges Count `json:"merges"`
	// IncidentLabels are the labels that are called like those of incidents, and Incidents how many issues have one of them.
	IncidentLabels []string `json:"incidentLabels,omitempty"`
	Incidents      Count    `json:"incidents"`
	// Files are the names at its root, folders with / behind. Folders are what lies in those that commonly hold several services.
	Files   []string            `json:"-"`
	Folders map[string][]string `json:"folders,omitempty"`
	// Unread are sentences on what was not, or could not be, read of it.
	Unread []string `json:"unread,omitempty"`
}

// SignalKind is what a signal is, whatever the vendor calls it.
type SignalKind string

// The kinds of signals.
const (
	SignalDeployment SignalKind = "deployment"
	SignalRun        SignalKind = "run" // of a workflow or pipeline
	SignalRelease    SignalKind = "release"
	SignalTag        SignalKind = "tag"
	SignalMerge      SignalKind = "merge"
)

// Signal is something that may be a deployment, as often as it happened.
type Signal struct {
	Kind SignalKind `json:"kind"`
	// From is what deployments.from of the source calls it.
	From string `json:"from"`
	// Name tells it from the others of its kind: an environment, a workflow's name, what a tag has before its version.
	Name string `json:"name,omitempty"`
	// Key is the key beside deployments.from that picks it by its name; empty: none does.
	Key string `json:"key,omitempty"`
	// Tier is what the vendor says that an environment is for, where it does.
	Tier string `json:"tier,omitempty"`
	// Tried counts all, Succeeded those that ended well; More says that there were more than were read.
	Tried     int       `json:"tried"`
	Succeeded int       `json:"succeeded"`
	More      bool      `json:"more,omitempty"`
	Last      time.Time `json:"last,omitzero"` // the newest success
	// Tags counts, of deployments that succeeded, those of tags, by what these have before their version.
	Tags map[string]int `json:"tags,omitempty"`
}

// Count is how often something happened; More: at least so often.
type Count struct {
	N    int  `json:"n"`
	More bool `json:"more,omitempty"`
}

// Tally counts signals by what tells them apart, in the order in which they come.
type Tally struct {
	signals []*Signal
}

// Deployed counts a deployment, of a tag where one is named.
func (t *Tally) Deployed(s Signal, tag string, at time.Time, succeeded bool) {
	s.Kind = SignalDeployment
	known := t.Note(s, at, succeeded)
	if prefix, ok := TagPrefix(tag); ok && succeeded {
		if known.Tags == nil {
			known.Tags = map[string]int{}
		}
		known.Tags[prefix]++
	}
}

// Note counts one.
func (t *Tally) Note(s Signal, at time.Time, succeeded bool) *Signal {
	var known *Signal
	for _, each := range t.signals {
		if each.Kind == s.Kind && each.Name == s.Name {
			known = each
		}
	}
	if known == nil {
		known = &s
		t.signals = append(t.signals, known)
	}
	known.Tried++
	if succeeded {
		known.Succeeded++
		known.Last = dora.Latest(known.Last, at)
	}
	return known
}

// More says of all signals of a kind that there were more.
func (t *Tally) More(kind SignalKind) {
	for _, each := range t.signals {
		if each.Kind == kind {
			each.More = true
		}
	}
}

// Signals are those that were counted.
func (t *Tally) Signals() []Signal {
	list := make([]Signal, len(t.signals))
	for i, each := range t.signals {
		list[i] = *each
	}
	return list
}

// incidentLabels are how labels of incidents are called.
var incidentLabels = regexp.MustCompile(`(?i)^((type|kind)[:/ ]+)?(production[- ]|prod[- ]|major[- ])?(incident|outage|post-?mortem|sev(erity)?[-: ]?[0-4])$`)

// LikeIncidents picks the labels that are called like those of incidents.
func LikeIncidents(labels []string) (found []string) {
	for _, label := range labels {
		if incidentLabels.MatchString(label) {
			found = append(found, label)
		}
	}
	return found
}

// versioned is a tag that has a version: what comes before it is remembered.
var versioned = regexp.MustCompile(`^(|.*?[^\d.])\d+(\.\d+)+([-+.].*)?$`)

// TagPrefix is what a tag has before its version, as rules go by it; false: it has no version.
func TagPrefix(tag string) (prefix string, ok bool) {
	found := versioned.FindStringSubmatch(tag)
	if found == nil {
		return "", false
	}
	return found[1], true
}
