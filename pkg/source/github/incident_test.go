package github_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

type issueRow struct {
	Number    int64
	Title     string
	CreatedAt time.Time
	Events    []struct {
		Event, Label string
		CreatedAt    time.Time
	}
}

// standing is what an issue's events leave: its labels, the last close, and whether it ever lost a label.
func (i issueRow) standing() (labels []string, closed time.Time, lost []string) {
	for _, e := range i.Events {
		switch e.Event {
		case "labeled":
			labels = append(labels, e.Label)
		case "unlabeled":
			labels = slices.DeleteFunc(labels, func(l string) bool { return l == e.Label })
			lost = append(lost, e.Label)
		case "closed":
			closed = e.CreatedAt
		case "reopened":
			closed = time.Time{}
		}
	}
	return labels, closed, lost
}

func TestLabelledIssuesAreIncidents(t *testing.T) {
	r := startReplay(t, afterAll)
	config := configured{
		Repositories: []string{synthetic},
		Incidents:    &github.Incidents{Labels: []string{"Incident"}, Severity: dora.MustPattern(`^sev(\d)$`)},
	}
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(config, at(afterAll)), time.Time{}))
	found := of[*dora.Incident](l)
	count, withdrawn := 0, 0
	for _, row := range rows[issueRow](t, r, synthetic, "issues.jsonl") {
		labels, closed, lost := row.standing()
		incident := found[id(synthetic, "issue", row.Number)]
		switch {
		case slices.Contains(labels, "incident"):
			count++
			require.NotNil(t, incident, "issue %d", row.Number)
			assert.False(t, incident.Withdrawn)
			assert.Equal(t, row.CreatedAt, incident.Opened)
			assert.Equal(t, closed, incident.Resolved)
			assert.ElementsMatch(t, labels, incident.Labels)
			for _, label := range labels {
				if len(label) == 4 && label[:3] == "sev" {
					assert.Equal(t, label[3:], incident.Severity)
				}
			}
		case slices.Contains(lost, "incident"):
			withdrawn++
			require.NotNil(t, incident)
			assert.True(t, incident.Withdrawn, "a false alarm")
		default:
			assert.Nil(t, incident, "issue %d has never been an incident", row.Number)
		}
	}
	assert.Positive(t, count)
	assert.Positive(t, withdrawn)

	// Under another label, what counted before is withdrawn, in a version that replaces the old one.
	config.Incidents = &github.Incidents{Labels: []string{"bug"}}
	require.NoError(t, l.collect(t.Context(), r.source(config, at(afterAll)), time.Time{}))
	for _, incident := range of[*dora.Incident](l) {
		assert.Equal(t, !slices.Contains(incident.Labels, "bug"), incident.Withdrawn, incident.ID)
	}
}

func TestAnIssueThatLosesItsLabelIsWithdrawnAndAReopenedOneIsOpen(t *testing.T) {
	r := startReplay(t, afterAll)
	config := configured{
		Repositories: []string{synthetic},
		Incidents:    &github.Incidents{Labels: []string{"incident"}},
	}
	for _, row := range rows[issueRow](t, r, synthetic, "issues.jsonl") {
		for i, e := range row.Events {
			turns := e.Event == "reopened" || (e.Event == "unlabeled" && e.Label == "incident")
			if !turns || i == 0 {
				continue
			}
			l := newLedger()
			since := row.CreatedAt.AddDate(0, 0, -1)
			r.control(map[string]any{"now": row.Events[i-1].CreatedAt.Format(time.RFC3339)})
			require.NoError(t, l.collect(t.Context(), r.source(config, at(afterAll)), since))
			before := of[*dora.Incident](l)[id(synthetic, "issue", row.Number)]
			require.NotNil(t, before)
			r.control(map[string]any{"now": e.CreatedAt.Format(time.RFC3339)})
			require.NoError(t, l.collect(t.Context(), r.source(config, at(afterAll)), since))
			after := of[*dora.Incident](l)[id(synthetic, "issue", row.Number)]
			if e.Event == "reopened" {
				assert.False(t, before.Resolved.IsZero())
				assert.True(t, after.Resolved.IsZero())
			} else {
				assert.False(t, before.Withdrawn)
				assert.True(t, after.Withdrawn)
			}
			return
		}
	}
}
