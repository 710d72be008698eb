package cli

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
)

// logs are the forms of what is told beside an answer: for people a line of text, for programs that gather logs a JSON object a line.
var logs = map[string]func(io.Writer) slog.Handler{
	"text": func(w io.Writer) slog.Handler {
		return slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn})
	},
	"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
}

// errTold is a failure that the log has already.
var errTold = errors.New("told")

// records is a writer whose lines become records of a log: what commands say to people, said to programs.
type records struct{ to *slog.Logger }

func (r records) Write(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			r.to.Info(string(line))
		}
	}
	return len(text), nil
}

// structured has a command tell everything in one form, its failure too.
func structured(form string, log io.Writer, do func(log io.Writer, logger *slog.Logger) error) error {
	handler, known := logs[form]
	if !known {
		return misused("--log: %q is no form; allowed: text, json", form)
	}
	logger := slog.New(handler(log))
	if form == "text" {
		return do(log, logger)
	}
	err := do(records{logger}, logger)
	switch {
	case err == nil, errors.Is(err, errUsage):
		return err
	default:
		logger.Error(strings.ReplaceAll(err.Error(), "\n", "; "))
		if errors.As(err, new(misuse)) {
			return errUsage
		}
		return errTold
	}
}
