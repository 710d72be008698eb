package argocd

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// deployed is what is told of one operation of an application, apart from what it brought.
type deployed struct {
	name, key, environment string
	began                  time.Time
	// entry is its number in the history, where nothing tells when it began.
	entry    int64
	by       initiator
	statuses []dora.DeploymentStatus
}

// mark tells the operation from others of its application: when it began, as Argo CD does itself.
func (d *deployed) mark() string {
	if d.began.IsZero() {
		return "entry-" + strconv.FormatInt(d.entry, 10)
	}
	return strconv.FormatInt(d.began.Unix(), 10)
}

// idOf is a deployment's id, and ofApplication says whether it is one of an application.
func idOf(repository, key, mark string) string { return repository + operations + key + ":" + mark }

func ofApplication(id, key string) bool { return strings.Contains(id, operations+key+":") }

// The parts of ids.
const (
	operations = ":sync:"
	gaps       = "gap-"
)

// of makes the deployment of one repository's version.
func (s *Source) of(d deployed, b brought) *dora.Deployment {
	made := &dora.Deployment{
		Header: dora.Header{Source: s.config.ID, ID: idOf(b.repository, d.key, d.mark())}, Repository: b.repository, Number: d.began.Unix(),
		Environment: d.environment, Task: d.name, SHA: b.sha, Ref: b.ref, RefKind: b.kind, Created: d.began, Creator: d.by.who(), Statuses: d.statuses,
		URL: s.address + "/applications/" + escaped(d.key) + "#" + d.mark(), // each has an address of its own, so that a text may name it
	}
	if d.began.IsZero() {
		made.Number, made.Created = d.entry, d.statuses[0].At
	}
	made.Updated, made.Rank = made.LastWord(), len(d.statuses)
	if made.SHA == "" {
		made.SHA = "sync:" + d.mark()
	} else {
		made.Rank += versioned
	}
	return made
}

// versioned lifts what has a version above the same without.
const versioned = 10

// settled is how far behind its end the version is of what the history tells, which is the last word: of an operation's own end
// other moments are told.
const settled = time.Minute

func escaped(key string) string {
	parts := strings.Split(key, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
