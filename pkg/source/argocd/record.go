package argocd

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The records are what Argo CD answers, in its words, with no field but those that are read.

// moment is an instant as Kubernetes writes it; null and nothing are none.
type moment struct{ time.Time }

var errNoMoment = errors.New("a text stands where a time should")

func (m *moment) UnmarshalJSON(text []byte) error {
	*m = moment{}
	var said *string
	if json.Unmarshal(text, &said) != nil {
		return errNoMoment
	}
	if said == nil || *said == "" {
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, *said)
	if err != nil {
		return errNoMoment
	}
	m.Time = at.UTC()
	return nil
}

// sourceRecord is where an application's manifests come from. An unset one has no address.
type sourceRecord struct {
	RepoURL string `json:"repoURL"`
	Chart   string `json:"chart"` // of Helm, whose revision is no commit
	Target  string `json:"targetRevision"`

	text string // all of it
}

func (s *sourceRecord) UnmarshalJSON(text []byte) error {
	type plain sourceRecord
	if err := json.Unmarshal(text, (*plain)(s)); err != nil {
		return err
	}
	s.text = string(text)
	return nil
}

// origin is what an operation, a history's entry or an application is made from: one source or several, and the revision of
// each that is told.
type origin struct {
	Source    *sourceRecord   `json:"source"`
	Sources   []*sourceRecord `json:"sources"`
	Revision  string          `json:"revision"`
	Revisions []string        `json:"revisions"`
}

type initiator struct {
	Username  string `json:"username"`
	Automated bool   `json:"automated"`
}

// who names whoever began an operation.
func (i initiator) who() string {
	if i.Username == "" && i.Automated {
		return "argocd[bot]"
	}
	return i.Username
}

type destination struct {
	Server    string `json:"server"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

type metadata struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
	Created   moment            `json:"creationTimestamp"`
}

type application struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		origin
		Project     string      `json:"project"`
		Destination destination `json:"destination"`
	} `json:"spec"`
	Status struct {
		History   []json.RawMessage `json:"history"`
		Operation *operation        `json:"operationState"`
		Summary   struct {
			Images []string `json:"images"`
		} `json:"summary"`
	} `json:"status"`
}

// Lacks implements wire.Record.
func (a *application) Lacks() string {
	o := a.Status.Operation
	return wire.FirstMissing(
		wire.Need("metadata.name", a.Metadata.Name == ""),
		wire.Need("status.operationState.phase", o != nil && o.Phase == ""),
		wire.Need("status.operationState.startedAt", o != nil && o.Started.IsZero()),
	)
}

// key is what tells it from the other applications of the same Argo CD.
func (a *application) key() string {
	if a.Metadata.Namespace == "" {
		return a.Metadata.Name
	}
	return a.Metadata.Namespace + "/" + a.Metadata.Name
}

// operation is the one that began last.
type operation struct {
	Phase    string  `json:"phase"`
	Started  moment  `json:"startedAt"`
	Finished moment  `json:"finishedAt"`
	Result   *origin `json:"syncResult"`
	Asked    struct {
		Sync *struct {
			DryRun    bool              `json:"dryRun"`
			Resources []json.RawMessage `json:"resources"` // those that alone are synced
		} `json:"sync"`
		InitiatedBy initiator `json:"initiatedBy"`
	} `json:"operation"`
}

// What an operation comes to. Everything else is under way.
const (
	phaseSucceeded = "Succeeded"
	phaseFailed    = "Failed"
	phaseError     = "Error"
)

func (o *operation) over() bool { return o.Phase == phaseSucceeded || o.failed() }

func (o *operation) failed() bool { return o.Phase == phaseFailed || o.Phase == phaseError }

// ended is when it was over.
func (o *operation) ended() time.Time {
	if o.Finished.IsZero() {
		return o.Started.Time
	}
	return o.Finished.Time
}

// made is what it was made from.
func (o *operation) made(a *application) *origin {
	if o.Result == nil {
		return &origin{Source: a.Spec.Source, Sources: a.Spec.Sources}
	}
	return o.Result
}

// partial says that only some of the application's resources were synced, which its history never has.
func (o *operation) partial() bool { return o.Asked.Sync != nil && len(o.Asked.Sync.Resources) > 0 }

// entry is a whole operation that succeeded, as the history keeps it.
type entry struct {
	origin
	ID          *int64    `json:"id"`
	Started     moment    `json:"deployStartedAt"` // of Argo CD before 1.8 not told
	Deployed    moment    `json:"deployedAt"`
	InitiatedBy initiator `json:"initiatedBy"`
}

// Lacks implements wire.Record.
func (e *entry) Lacks() string {
	return wire.FirstMissing(wire.Need("status.history.id", e.ID == nil || *e.ID < 0), wire.Need("status.history.deployedAt", e.Deployed.IsZero()))
}
