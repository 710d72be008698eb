package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/livedora/dora-datasource/pkg/audit"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/terminal"
)

func correctCommand(ctx context.Context, args []string, out, log io.Writer) (err error) {
	var w where
	f := flags("correct", log)
	w.define(f)
	var c dora.Correction
	f.StringVar((*string)(&c.Verdict), "verdict", "", "`VERDICT`: failed, not_failed, linked, unlinked or ignored")
	f.StringVar(&c.Deployment, "deployment", "", "`ID` of the deployment, as facts prints it; with linked, of the one that caused the incident")
	f.StringVar(&c.Incident, "incident", "", "`ID` of the incident, as facts prints it")
	f.StringVar(&c.Service, "service", "", "it counts for this `SERVICE` only (default: for every one)")
	f.StringVar(&c.Reason, "reason", "", "`WHY`, for those who read it later")
	f.StringVar(&c.Author, "author", "", "`WHO` says so")
	undo := f.String("undo", "", "take back the correction with this `ID`")
	list := f.Bool("list", false, "list all that was said")
	if err := parse(f, args); err != nil {
		return err
	}
	d, err := w.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	encoder := json.NewEncoder(terminal.JSON(out))
	encoder.SetEscapeHTML(false)
	switch {
	case *list:
		for _, c := range d.Corrections() {
			if err := encoder.Encode(audit.Correction(&c)); err != nil {
				return err
			}
		}
		return nil
	case *undo != "":
		c, err = d.Undo(ctx, *undo, c.Author)
	default:
		c, err = d.Correct(ctx, c)
	}
	if err != nil {
		return asMisuse(err)
	}
	if !c.Undone {
		_, _ = fmt.Fprintf(log, "It counts from now on. To take it back: correct --undo %s\n", c.FullID())
	}
	return encoder.Encode(audit.Correction(&c))
}

// asMisuse tells what a person got wrong from what failed.
func asMisuse(err error) error {
	if errors.As(err, new(*strict.Error)) {
		return misuse{err}
	}
	return err
}
