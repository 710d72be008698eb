package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/copying"
	"github.com/livedora/dora-datasource/pkg/systems"
	"github.com/livedora/dora-datasource/pkg/terminal"
)

func storeCommand(ctx context.Context, args []string, out, log io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "copy":
			return copyStore(ctx, args[1:], out, log)
		case "check":
			return checkStore(ctx, args[1:], out, log)
		}
	}
	_, _ = fmt.Fprintln(log, "store copy carries all that a store has over to another; store check reads all of one. Each lists its options with --help.")
	if len(args) > 0 && asksForHelp(args[0]) {
		return nil
	}
	return errUsage
}

func copyStore(ctx context.Context, args []string, out, log io.Writer) (err error) {
	f := flags("store copy", log)
	var from, to where
	f.StringVar(&from.file, "from", "", "`FILE`: the provisioning file of a data source whose store is copied")
	f.StringVar(&from.datasource, "from-datasource", "", "`NAME` of the data source, where that file has several")
	f.StringVar(&to.file, "to", "", "`FILE`: one whose store becomes the copy")
	f.StringVar(&to.datasource, "to-datasource", "", "`NAME` of the data source, where that file has several")
	if err := parse(f, args); err != nil {
		return err
	}
	if from.file == "" || to.file == "" {
		_, _ = fmt.Fprintln(log, "--from FILE and --to FILE are needed: provisioning files of data sources")
		return errUsage
	}
	source, sources, err := from.store(ctx, mustBeThere)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, _, err := to.store(ctx, func(string, settings.Store) error { return nil })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	const step = 100_000
	next := step
	copied, err := copying.Copy(ctx, source, target, append(sources, dora.CorrectionsSource), func(written int) {
		if written >= next {
			_, _ = fmt.Fprintf(log, "%d events written\n", written)
			next = written/step*step + step
		}
	})
	if err != nil {
		return err
	}
	for _, id := range copied.Kept {
		_, _ = fmt.Fprintf(log, "the source %s goes on where the copy had it: it has been read there already\n", id)
	}
	return json.NewEncoder(terminal.JSON(out)).Encode(copied)
}

func checkStore(ctx context.Context, args []string, out, log io.Writer) (err error) {
	var w where
	f := flags("store check", log)
	w.define(f)
	if err := parse(f, args); err != nil {
		return err
	}
	if w.file == "" {
		_, _ = fmt.Fprintln(log, "--settings FILE is missing: a data source's provisioning file")
		return errUsage
	}
	s, _, err := w.store(ctx, mustBeThere)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	checked, err := copying.Check(ctx, s)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(terminal.JSON(out)).Encode(checked); err != nil {
		return err
	}
	if len(checked.Unreadable) > 0 {
		return fmt.Errorf("%d rows cannot be read; the first: %s", len(checked.Unreadable), checked.Unreadable[0])
	}
	return nil
}

// store opens the store of the settings file alone, which has to last, and gives the ids of the sources.
func (w *where) store(ctx context.Context, allowed func(file string, s settings.Store) error) (store.Store, []string, error) {
	file, err := settings.ReadFile(systems.All, w.file, w.datasource, systems.Sinks...)
	if err != nil {
		return nil, nil, err
	}
	if file.Settings.Store.Type == settings.StoreMemory {
		return nil, nil, fmt.Errorf("%s: store.type is memory, which keeps nothing between runs; allowed: sqlite, postgres", w.file)
	}
	if err := allowed(w.file, file.Settings.Store); err != nil {
		return nil, nil, err
	}
	var ids []string
	for _, source := range file.Settings.Sources {
		ids = append(ids, source.ID)
	}
	opened, err := dataset.OpenStore(ctx, dataset.Options{Name: file.Dataset(), Organisation: file.OrgID, Settings: file.Settings})
	return opened, slices.Clip(ids), err
}
