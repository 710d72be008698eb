package dataset

import "time"

// reach is since when each source is known completely, of those that have been read to their end.
func (d *Dataset) reach() map[string]time.Time {
	since := map[string]time.Time{}
	for _, s := range d.collector.State() {
		if !s.Since.IsZero() {
			since[s.ID] = s.Since
		}
	}
	return since
}
