package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo"
)

func versionCommand(_ context.Context, args []string, out, log io.Writer) error {
	if err := parse(flags("version", log), args); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, Version())
	return err
}

// Version is what the program was built as: the version, or of a build that is none the commit.
func Version() string {
	if info, err := buildinfo.GetBuildInfo(); err == nil && info.Version != "" {
		return info.Version
	}
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	return cmp.Or(revision, "unknown")
}
