package plugin

import (
	"context"
	"log/slog"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// logHandler passes structured logs on to Grafana's.
type logHandler struct{ attributes []any }

func (logHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	args := append([]any(nil), h.attributes...)
	r.Attrs(func(a slog.Attr) bool {
		args = append(args, a.Key, a.Value.Any())
		return true
	})
	switch {
	case r.Level >= slog.LevelError:
		backend.Logger.Error(r.Message, args...)
	case r.Level >= slog.LevelWarn:
		backend.Logger.Warn(r.Message, args...)
	case r.Level >= slog.LevelInfo:
		backend.Logger.Info(r.Message, args...)
	default:
		backend.Logger.Debug(r.Message, args...)
	}
	return nil
}

func (h logHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	grown := append([]any(nil), h.attributes...)
	for _, a := range attributes {
		grown = append(grown, a.Key, a.Value.Any())
	}
	return logHandler{grown}
}

func (h logHandler) WithGroup(string) slog.Handler { return h }
