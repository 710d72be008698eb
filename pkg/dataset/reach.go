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

// begins is since when incidents are known, of each source that shows the newest only.
func (d *Dataset) begins() map[string]time.Time {
	since := map[string]time.Time{}
	for _, s := range d.collector.State() {
		if !s.Begins.IsZero() {
			since[s.ID] = s.Begins
		}
	}
	return since
}
