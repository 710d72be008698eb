package dataset

import (
	"fmt"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/history"
)

// absentFor is for how long it is told that a repository is no longer there that a pattern matched. By then somebody has
// seen it, or it was meant.
const absentFor = 14 * 24 * time.Hour

// Absence is what a person should know of a repository that the settings ask for and that is not there under that name.
type Absence struct {
	Source, Text string
	// Settings says that the settings need a change.
	Settings bool
}

// Absences tell of repositories that are not there any more under the names by which the settings ask for them, so that no
// figure gets less without a word. Every answer asks for them: while the history is worked on, they are those of before.
func (d *Dataset) Absences(now time.Time) []Absence {
	var told []Absence
	for _, a := range d.absences() {
		if a.Named || now.Sub(a.Since) < absentFor {
			told = append(told, Absence{Source: a.Source, Text: sentenceOf(a), Settings: a.Named && a.Moved != ""})
		}
	}
	return told
}

func (d *Dataset) absences() []history.Absent {
	if !d.mu.TryLock() {
		if before := d.absent.Load(); before != nil {
			return *before
		}
		d.mu.Lock()
	}
	defer d.mu.Unlock()
	absent := d.history.Absent()
	d.absent.Store(&absent)
	return absent
}

func sentenceOf(a history.Absent) string {
	switch {
	case a.Moved != "" && a.LeftOut:
		return fmt.Sprintf("%s is called %s now, which the settings do not select: it is out of all figures.", a.Repository, a.Moved)
	case a.Moved != "":
		return fmt.Sprintf("%s is called %s now: name that in the settings, so that its services count it.", a.Repository, a.Moved)
	}
	return fmt.Sprintf("%s lists %s no longer since %s: it was deleted or transferred, or the token lost access to it. It is out of all figures until it is listed again.",
		a.Source, a.Repository, a.Since.UTC().Format("2006-01-02 15:04 UTC"))
}
