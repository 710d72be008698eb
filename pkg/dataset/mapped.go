package dataset

import (
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

// Mapped says what of the services in force is likely to surprise, a sentence each: repositories that are services because no
// entry takes them, where settings do not say that this is meant, and services to which entries give several teams.
func (d *Dataset) Mapped() (sentences []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.options.Settings
	if len(s.Services) == 0 {
		return nil
	}
	if others := d.history.OthersInForce(); s.OtherRepositories == "" && len(others) > 0 {
		sentences = append(sentences, fmt.Sprintf("No entry of services takes %s (%d): each such repository is a service of its own, and in every total. Set otherRepositories to leave_out to leave them out, or to as_services if that is meant.",
			source.Listed(others), len(others)))
	}
	if conflicts := d.history.TeamConflicts(); len(conflicts) > 0 {
		first := conflicts[0]
		entries := make([]string, len(first.Entries))
		for i, entry := range first.Entries {
			entries[i] = fmt.Sprintf("services[%d] says %s", entry, first.Teams[i])
		}
		sentence := fmt.Sprintf("Entries of services give %s several teams: %s; the first counts.", first.Service, strings.Join(entries, ", "))
		if more := len(conflicts) - 1; more > 0 {
			sentence += fmt.Sprintf(" So it is with %d more.", more)
		}
		sentences = append(sentences, sentence)
	}
	return sentences
}
