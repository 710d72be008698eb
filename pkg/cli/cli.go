// Package cli is the command line: the same pipeline as the plugin's, for checks, CI jobs and collectors outside
// Grafana. Each command has its file. It may use everything but the plugin's handlers.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/systems"
	"github.com/livedora/dora-datasource/pkg/terminal"
)

// command is one word of the command line.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string, out, log io.Writer) error
}

func commands() []command {
	return []command{
		{"collect", "read the sources into the store", collectCommand},
		{"report", "print metrics", reportCommand},
		{"facts", "print the audit trail, one JSON object a line", factsCommand},
		{"services", "print which services the settings make, of what, and what is left over", servicesCommand},
		{"discover", "look at what repositories offer, and propose settings", discoverCommand},
		{"correct", "say what machines cannot know: a deployment failed, or did not; an incident was caused by it, or by none", correctCommand},
		{"store", "copy a store to another, or read all of one", storeCommand},
		{"demo", "show the product on an invented organisation", demoCommand},
		{"world", "be the invented organisation, and nothing else", worldCommand},
		{"version", "say which version this is", versionCommand},
	}
}

// errUsage says that the words of a command were off; what is wrong has been printed.
var errUsage = errors.New("usage")

// Run carries out a command line without the program's name and gives the exit code: 0 done, 1 failed, 2 misused.
func Run(ctx context.Context, args []string, out, log io.Writer) int {
	log = terminal.Lines(log) // vendors' answers and people's titles are in it
	all := commands()
	if len(args) > 0 {
		i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
		if i >= 0 {
			switch err := all[i].run(ctx, args[1:], out, log); {
			case err == nil || errors.Is(err, flag.ErrHelp):
				return 0
			case errors.Is(err, errUsage):
				return 2
			case errors.Is(err, errTold):
				return 1
			case errors.As(err, new(misuse)):
				_, _ = fmt.Fprintln(log, err)
				return 2
			default:
				_, _ = fmt.Fprintln(log, err)
				return 1
			}
		}
		if !asksForHelp(args[0]) {
			_, _ = fmt.Fprintf(log, "there is no command %q\n\n", args[0])
		}
	}
	_, _ = fmt.Fprintln(log, "Live DORA. Grafana starts this program without arguments; a person gives a command:")
	for _, c := range all {
		_, _ = fmt.Fprintf(log, "  %-8s  %s\n", c.name, c.summary)
	}
	_, _ = fmt.Fprintln(log, "Each command lists its options with --help.")
	if len(args) > 0 && asksForHelp(args[0]) {
		return 0
	}
	return 2
}

func asksForHelp(word string) bool {
	return slices.Contains([]string{"help", "-h", "-help", "--help"}, word)
}

// misuse is an option whose value cannot be.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

func misused(format string, args ...any) error { return misuse{fmt.Errorf(format, args...)} }

// zoneOption reads a time zone as queries do.
func zoneOption(text string) (*time.Location, error) {
	var zone query.Zone
	if err := zone.UnmarshalText([]byte(text)); err != nil {
		return nil, misused("--timezone: %w", err)
	}
	return zone.Location, nil
}

// flags parses a command's options; what is wrong, and help, goes to the log.
func flags(name string, log io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(log)
	return f
}

func parse(f *flag.FlagSet, args []string) error {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return errUsage
	case f.NArg() > 0:
		_, _ = fmt.Fprintf(f.Output(), "%s: %q is not an option\n", f.Name(), f.Arg(0))
		return errUsage
	}
	return nil
}

// where are the options that say which data a command works on.
type where struct {
	file, datasource string
	logger           *slog.Logger // of the data set; warnings as text where there is none
}

func (w *where) define(f *flag.FlagSet) {
	f.StringVar(&w.file, "settings", "", "`FILE`: a data source's provisioning file")
	f.StringVar(&w.datasource, "datasource", "", "`NAME` of the data source, where the file has several")
}

// open opens the dataset that the settings file describes, whose store must be there: only collect makes one.
func (w *where) open(ctx context.Context, log io.Writer) (*dataset.Dataset, error) {
	return w.opened(ctx, log, mustBeThere)
}

// mustBeThere refuses a store that is a file which is not there.
func mustBeThere(file string, s settings.Store) error {
	if s.Type != settings.StoreSQLite {
		return nil
	}
	switch info, err := os.Stat(s.Path); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("store.path: there is no file %s: collect --settings %s --once makes and fills it; if it was collected, the path is another", s.Path, file)
	case err != nil:
		return fmt.Errorf("store.path: %w", err)
	case info.IsDir():
		return fmt.Errorf("store.path: %s is a folder; allowed: a file in it", s.Path)
	}
	return nil
}

// made is open for the command that makes the store.
func (w *where) made(ctx context.Context, log io.Writer) (*dataset.Dataset, error) {
	return w.opened(ctx, log, func(string, settings.Store) error { return nil })
}

func (w *where) opened(ctx context.Context, log io.Writer, allowed func(file string, s settings.Store) error) (*dataset.Dataset, error) {
	if w.file == "" {
		_, _ = fmt.Fprintln(log, "--settings FILE is missing: a data source's provisioning file")
		return nil, errUsage
	}
	file, err := settings.ReadFile(systems.All, w.file, w.datasource, systems.Sinks...)
	if err != nil {
		return nil, err
	}
	if len(file.Settings.Sources) == 0 {
		return nil, fmt.Errorf("%s: sources: no source is configured", w.file)
	}
	if err := allowed(w.file, file.Settings.Store); err != nil {
		return nil, err
	}
	if w.logger == nil {
		w.logger = slog.New(logs["text"](log))
	}
	d, err := dataset.Open(ctx, dataset.Options{
		Name:         file.Dataset(),
		Organisation: file.OrgID,
		Settings:     file.Settings,
		Client:       &http.Client{Timeout: requestTime},
		Logger:       w.logger,
	})
	var foreign *dataset.Foreign
	if errors.As(err, &foreign) { // who has the file may know whose it is
		return nil, fmt.Errorf("%w; it is organisation %d's, and orgId in %s says %d", err, foreign.Owner, w.file, file.OrgID)
	}
	return d, err
}

// requestTime bounds one HTTP request, its answer included.
const requestTime = 90 * time.Second

// filled is open for commands that ask: a store that keeps nothing is filled first. What of the settings matches nothing
// is said before there is an answer without it.
func (w *where) filled(ctx context.Context, log io.Writer) (*dataset.Dataset, error) {
	d, err := w.open(ctx, log)
	if err != nil {
		return nil, err
	}
	if d.Settings().Store.Type == settings.StoreMemory {
		_, _ = fmt.Fprintln(log, "store.type is memory, which keeps nothing between runs: collecting first")
		ended := watched(ctx, d, log, false)
		_, err := d.Once(ctx)
		ended()
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	tellUnmet(d, log)
	return d, nil
}

// tellUnmet says what of the settings matches nothing or counts twice, and what is no longer there.
func tellUnmet(d *dataset.Dataset, log io.Writer) {
	for _, a := range d.Absences(time.Now()) {
		_, _ = fmt.Fprintln(log, a.Text)
	}
	for _, each := range d.ToldApart() {
		_, _ = fmt.Fprintln(log, each.Text)
	}
	for _, sentence := range append(d.Mapped(), d.Unmet()...) {
		_, _ = fmt.Fprintln(log, sentence)
	}
}

// timeOption reads a time or a date in a zone.
func timeOption(name, text string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, misused("--%s: %q is no time; allowed: 2026-01-31, 2026-01-31T15:04 or RFC 3339", name, text)
}

// Main runs the program's arguments with the process's own output.
func Main(ctx context.Context) int { return Run(ctx, os.Args[1:], os.Stdout, os.Stderr) }
