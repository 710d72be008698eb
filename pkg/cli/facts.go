package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/livedora/dora-datasource/pkg/audit"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/terminal"
)

func factsCommand(ctx context.Context, args []string, out, log io.Writer) (err error) {
	var w where
	f := flags("facts", log)
	w.define(f)
	service := f.String("service", "", "only this `SERVICE`")
	from := f.String("from", "", "`TIME` or date, inclusive (default: everything stored)")
	to := f.String("to", "", "`TIME` or date, exclusive")
	timezone := f.String("timezone", "UTC", "IANA `ZONE` of dates")
	if err := parse(f, args); err != nil {
		return err
	}
	zone, err := zoneOption(*timezone)
	if err != nil {
		return err
	}
	within, err := between(*from, *to, zone)
	if err != nil {
		return err
	}
	d, err := w.filled(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	encoder := json.NewEncoder(terminal.JSON(out))
	encoder.SetEscapeHTML(false)
	found, printed := *service == "", false
	for _, facts := range d.Snapshot().Services {
		if *service != "" && facts.Service.Name != *service {
			continue
		}
		found = true
		for line := range audit.Lines(facts, within, time.Now()) {
			if err := encoder.Encode(line); err != nil {
				return err
			}
			printed = true
		}
	}
	if !found {
		return noSuch(dora.ByService, *service, figures.Values(d.Snapshot(), dora.ByService, nil))
	}
	if s := d.Snapshot(); !printed && !s.Earliest.IsZero() {
		_, _ = fmt.Fprintln(log, "Nothing of that time is stored: "+extent(s)+".")
	}
	return nil
}

// extent says when what is stored begins and ends.
func extent(s *facts.Snapshot) string {
	return fmt.Sprintf("what is stored begins %s and ends %s", s.Earliest.UTC().Format(time.RFC3339), s.Latest.UTC().Format(time.RFC3339))
}

func between(from, to string, zone *time.Location) (func(time.Time) bool, error) {
	var begin, end time.Time
	var err error
	if from != "" {
		if begin, err = timeOption("from", from, zone); err != nil {
			return nil, err
		}
	}
	if to != "" {
		if end, err = timeOption("to", to, zone); err != nil {
			return nil, err
		}
	}
	if from != "" && to != "" && !begin.Before(end) {
		return nil, misused("--to: %s is not after --from", to)
	}
	return func(at time.Time) bool {
		return (from == "" || !at.Before(begin)) && (to == "" || at.Before(end))
	}, nil
}
