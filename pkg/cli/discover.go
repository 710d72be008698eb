package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/livedora/dora-datasource/pkg/discover"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/systems"
	"github.com/livedora/dora-datasource/pkg/terminal"
)

// discoverCommand looks at what the sources of a file have to offer, and proposes settings. It opens no store.
func discoverCommand(ctx context.Context, args []string, out, log io.Writer) error {
	var w where
	var id string
	var asYAML, asJSON bool
	f := flags("discover", log)
	w.define(f)
	f.StringVar(&id, "source", "", "`ID` of the only source to look at")
	f.BoolVar(&asYAML, "yaml", false, "print the proposal as a provisioning file")
	f.BoolVar(&asJSON, "json", false, "print all that was found, and the proposal, as JSON")
	if err := parse(f, args); err != nil {
		return err
	}
	switch {
	case asYAML && asJSON:
		return misused("--yaml and --json: one of them is allowed")
	case w.file == "":
		_, _ = fmt.Fprintln(log, "--settings FILE is missing: a data source's provisioning file")
		return errUsage
	}
	file, err := settings.ReadFile(systems.All, w.file, w.datasource, systems.Sinks...)
	if err != nil {
		return err
	}
	var targets []discover.Target
	var ids []string
	for i := range file.Settings.Sources {
		s := &file.Settings.Sources[i]
		ids = append(ids, s.ID)
		t := discover.Target{Given: s.Given(), Source: s.Open(&http.Client{Timeout: requestTime})}
		if id == s.ID || id == "" && discover.Able(t) {
			targets = append(targets, t)
		}
	}
	switch {
	case len(targets) == 0 && id != "":
		return misused("--source: %q is no source's id; allowed: %s", id, source.Listed(ids))
	case len(targets) == 0:
		return discover.ErrCannotLook
	}
	var search discover.Search
	look, _, err := search.Begin(targets, time.Now())
	if err != nil {
		return err
	}
	look(ctx)
	report := search.Report()
	for _, p := range report.Problems {
		_, _ = fmt.Fprintln(log, terminal.Visible(p.Message))
	}
	for _, remark := range report.Remarks {
		_, _ = fmt.Fprintln(log, terminal.Visible(remark))
	}
	_, _ = fmt.Fprintf(log, "%d repositories were looked at, with %d requests (%d points)\n", report.Total, report.Requests, report.Points)
	if report.Proposal == nil {
		return errors.New("nothing could be looked at")
	}
	switch {
	case asYAML:
		_, err = io.WriteString(out, report.Proposal.YAML)
	case asJSON:
		err = json.NewEncoder(out).Encode(report)
	default:
		err = tabulate(out, report.Proposal)
	}
	if err == nil && len(report.Problems) > 0 {
		return errTold
	}
	return err
}

// tabulate prints what each repository offers and what is proposed of it, then what a person has to say.
func tabulate(out io.Writer, p *discover.Proposal) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(cells ...string) {
		for i := range cells {
			cells[i] = terminal.Visible(cells[i])
		}
		_, _ = fmt.Fprintln(table, strings.Join(cells, "\t")) // it is written by Flush
	}
	row("repository", "offers", "deployments from", "in 90 days", "services", "teams", "how sure", "why")
	for i, c := range p.Choices {
		offers := offered(&p.Repositories[i].Offer)
		if c.Deployments == nil {
			row(c.Repository, offers, "-", "", "", "", "", c.LeftOut)
			continue
		}
		a := c.Deployments
		var names, teams []string
		degree := discover.Sure
		for _, s := range c.Services {
			names, teams = append(names, s.Name), appendNew(teams, s.Teams)
			if degree != discover.Unsure && s.Sure != discover.Sure {
				degree = s.Sure
			}
		}
		from := a.From
		for _, picked := range [][]string{a.Environments, a.Names} {
			if len(picked) > 0 {
				from += " (" + strings.Join(picked, ", ") + ")"
			}
		}
		count := strconv.Itoa(a.Figures.Deployments)
		if a.Figures.More {
			count += " or more"
		}
		if a.Figures.Failed > 0 {
			count += fmt.Sprintf(", %d failed", a.Figures.Failed)
		}
		row(c.Repository, offers, from, count, strings.Join(names, ", "), strings.Join(teams, ", "), string(degree), a.Reason)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	s := p.Summary
	_, _ = fmt.Fprintf(out, "\n%d services of %d repositories: %d sure, %d likely, %d unsure; %d teams; %d repositories left out.\n", s.Services, s.Repositories, s.Sure, s.Likely, s.Unsure, s.Teams, s.LeftOut)
	for _, each := range p.Places {
		_, _ = fmt.Fprintf(out, "Owners in %s: %s\n", terminal.Visible(strings.TrimSpace(each.From+" "+each.Detail)), terminal.Visible(each.Reason))
	}
	for _, c := range p.Choices {
		for _, question := range c.Questions {
			_, _ = fmt.Fprintf(out, "To be said: %s: %s\n", terminal.Visible(c.Repository), terminal.Visible(question))
		}
	}
	_, err := fmt.Fprintln(out, "--yaml prints it as a provisioning file.")
	return err
}

func appendNew(list, more []string) []string {
	for _, each := range more {
		if !slices.Contains(list, each) {
			list = append(list, each)
		}
	}
	return list
}

// offered is what a repository offers, in a few words.
func offered(o *source.Offer) string {
	var parts []string
	for _, s := range o.Signals {
		text := strings.TrimSpace(string(s.Kind)+" "+s.Name) + " " + strconv.Itoa(s.Succeeded)
		if s.Tried > s.Succeeded {
			text += "/" + strconv.Itoa(s.Tried)
		}
		if s.More {
			text += "+"
		}
		parts = append(parts, text)
	}
	if o.Incidents.N > 0 {
		parts = append(parts, fmt.Sprintf("incidents %d", o.Incidents.N))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, "; ")
}
