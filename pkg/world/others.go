package world

import (
	"fmt"
	"time"
)

// others are the services of the repositories besides the six: one each, of little work and with a history of their own.
// They make an organisation as large as it is asked for.
func others(count int) []profile {
	const h = time.Hour
	list := make([]profile, count)
	for i := range list {
		list[i] = profile{
			name: fmt.Sprintf("service-%03d", i+1), teamName: fmt.Sprintf("team-%02d", i/20+1), people: i % 3, repo: fmt.Sprintf("service-%03d", i+1),
			production: "production", staging: "staging", landing: landing(i % 3),
			perWeek: 0.5 + float64(i%5)/2, coding: 6 * h, pickup: 3 * h, approval: 2 * h, merging: h, promote: 2 * h,
			badRate: 0.08, bots: 0.2, stories: []weighted{{2, tellRollback}, {1, tellRevert}, {2, tellIncidentTime}},
		}
	}
	return list
}

// subjects are what the service's work is about.
func (s *service) subjects() []string {
	if known := nouns[s.name]; known != nil {
		return known
	}
	return []string{"list view", "import", "export", "access rules", "search", "letters", "reports"}
}
