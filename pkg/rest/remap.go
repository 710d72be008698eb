package rest

import (
	"net/http"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/gate"
)

// Remapped tells which figures of the last days services would change that are not saved yet.
type Remapped struct {
	From     time.Time      `json:"from"`
	To       time.Time      `json:"to"`
	Services RemappedGroups `json:"services"`
	Teams    RemappedGroups `json:"teams"`
}

// RemappedGroups are the services, or the teams, of which figures would differ.
type RemappedGroups struct {
	All     int             `json:"all"`     // of which any is known, now or then
	Changed int             `json:"changed"` // of which any figure would differ
	Items   []RemappedGroup `json:"items"`   // the first of these, by name
}

// RemappedGroup is a service or a team of which figures would differ.
type RemappedGroup struct {
	Name    string            `json:"name"` // of a team (unowned): of what has none
	Change  string            `json:"change"`
	Figures []RemappedFigures `json:"figures"` // those that differ
}

// RemappedFigures are a figure now, and as it would be.
type RemappedFigures struct {
	Metric    dora.Metric    `json:"metric"`
	Statistic dora.Statistic `json:"statistic"`
	Unit      dora.Measure   `json:"unit"`
	Now       *float64       `json:"now"`
	Then      *float64       `json:"then"`
	NowN      int            `json:"nowN"`
	ThenN     int            `json:"thenN"`
}

// What a remapping looks at, and how many of each it lists.
const (
	remapDays  = 90
	remapShown = 200
)

// remap tells which figures would change, and for whom, if services were saved as they are written.
func remap(c *call) error {
	mapping, err := c.proposed()
	if err != nil {
		return err
	}
	if err := c.admit(gate.LightSize + bodyFactor*int64(len(c.sent)) + c.dataset.RemapSize()); err != nil {
		return err
	}
	at := time.Now().UTC()
	now, then := c.dataset.Remapped(mapping)
	if err := c.Context().Err(); err != nil {
		return err
	}
	span := figures.Span{Start: at.AddDate(0, 0, -remapDays).Truncate(24 * time.Hour), End: at}
	answer := Remapped{From: span.Start, To: span.End}
	for field, into := range map[dora.Field]*RemappedGroups{dora.ByService: &answer.Services, dora.ByTeam: &answer.Teams} {
		changed, all := figures.Differences(now, then, field, span, at, c.waitedFor)
		*into = RemappedGroups{All: all, Changed: len(changed), Items: []RemappedGroup{}}
		for _, each := range changed[:min(len(changed), remapShown)] {
			into.Items = append(into.Items, remapped(each))
		}
	}
	if err := c.Context().Err(); err != nil {
		return err
	}
	return c.write(http.StatusOK, answer)
}

func remapped(c figures.Changed) RemappedGroup {
	group := RemappedGroup{Name: c.Name, Change: "differs", Figures: []RemappedFigures{}}
	switch {
	case c.Appears:
		group.Change = "appears"
	case c.Vanishes:
		group.Change = "vanishes"
	}
	for _, f := range c.Figures {
		group.Figures = append(group.Figures, RemappedFigures{f.Metric, f.Statistic, f.Unit, f.Now.Value, f.Then.Value, f.Now.N, f.Then.N})
	}
	return group
}
