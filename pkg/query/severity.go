package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Severity is a field of incidents: only what is computed from incidents can be grouped or filtered by it.

func (q *Query) groupsBySeverity() bool {
	return q.Type != TypeStages && q.Type != TypeSpread && q.asksFigures() && q.Metric == dora.RecoveryTime && q.Definition.Recovery.OfIncidents()
}

func (q *Query) filtersBySeverity() bool {
	switch q.Type {
	case TypeEvents, TypeAnnotations:
		return q.Events == EventsIncidents || (q.Events == EventsRecoveries && q.Definition.Recovery.OfIncidents())
	case TypeValues:
		return true // it restricts which severities are listed
	default:
		return q.groupsBySeverity()
	}
}

// checkSeverity refuses severity where there are no incidents to ask for it.
func (q *Query) checkSeverity(fail func(field, format string, args ...any)) {
	others := slices.DeleteFunc(dora.Field("").Allowed(), func(field string) bool { return field == string(dora.BySeverity) })
	refuse := func(field string) {
		fail(field, `severity is a field of incidents: it goes with metric recovery_time and definition.recovery "incident" or "acknowledgement", and with rows of incidents; allowed here: %s`,
			strings.Join(others, ", "))
	}
	if at := slices.Index(q.GroupBy, dora.BySeverity); at >= 0 && q.usesGroups() && !q.groupsBySeverity() {
		refuse(fmt.Sprintf("groupBy[%d]", at))
	}
	for i := range q.Filters {
		if q.Filters[i].Field == dora.BySeverity && len(q.Filters[i].Values) > 0 && !q.filtersBySeverity() {
			refuse(fmt.Sprintf("filters[%d].field", i))
		}
	}
}

func (q *Query) usesGroups() bool { return q.asksFigures() }
