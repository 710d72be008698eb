package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/terminal"
)

// servicesCommand prints which services the entries of the settings make of what is stored, and what none takes.
func servicesCommand(ctx context.Context, args []string, out, log io.Writer) (err error) {
	var w where
	f := flags("services", log)
	w.define(f)
	if err := parse(f, args); err != nil {
		return err
	}
	d, err := w.filled(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	snapshot := d.Snapshot()
	derived := map[string]*facts.Service{}
	for _, s := range snapshot.Services {
		derived[s.Service.Name] = s
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(cells ...string) {
		for i := range cells {
			cells[i] = terminal.Visible(cells[i])
		}
		_, _ = fmt.Fprintln(table, strings.Join(cells, "\t")) // it is written by Flush
	}
	row("made by", "service", "teams", "repositories", "deployments", "state")
	for _, s := range d.InForce() {
		deployments, state, teams := 0, "", s.Team
		if found := derived[s.Name]; found != nil {
			deployments = len(found.Deployments)
			pace, _ := snapshot.PaceOf(found, time.Now())
			state, teams = string(pace), strings.Join(snapshot.Teams(found), ", ")
		}
		if s.Archived {
			state = strings.TrimPrefix(state+", archived", ", ")
		}
		row(madeBy(s.Entries), s.Name, teams, source.Listed(s.Repositories), strconv.Itoa(deployments), state)
	}
	for _, p := range d.Places() {
		if len(p.Services) == 0 && p.Environment != "" {
			row("-", "", "", p.Repository, strconv.Itoa(p.Deployments), "into "+p.Environment+", which no service counts")
		}
	}
	return table.Flush()
}

// madeBy says which entries make a service.
func madeBy(entries []int) string {
	if len(entries) == 0 {
		return "no entry"
	}
	texts := make([]string, len(entries))
	for i, entry := range entries {
		texts[i] = fmt.Sprintf("services[%d]", entry)
	}
	return strings.Join(texts, ", ")
}
