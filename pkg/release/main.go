// Command release makes what is published of a version out of a built dist: an archive a system and one of all, the list of parts,
// checksums and notes. It is no part of the plugin.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/livedora/dora-datasource/pkg/shipped"
)

const usage = `usage:
  release ready [--tag TAG]                      says whether this tree can be released, before anything is built
  release pack  [--tag TAG] [--systems OS/ARCH,…] [--parts LIST] [--tool CYCLONEDX-GOMOD] [--dist DIR] [--out DIR]
                                                 makes what is published
Without a tag nothing is published, and nothing secret is needed.
`

func main() {
	if err := run(os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, environment func(string) string, out io.Writer) error {
	if len(args) == 0 || args[0] != "ready" && args[0] != "pack" {
		return errors.New(strings.TrimSpace(usage))
	}
	f := flag.NewFlagSet("release", flag.ContinueOnError)
	f.Usage = func() { _, _ = fmt.Fprint(f.Output(), usage) }
	var r release
	f.StringVar(&r.root, "root", ".", "")
	f.StringVar(&r.tag, "tag", environment("RELEASE_TAG"), "")
	f.StringVar(&r.dist, "dist", "dist", "")
	f.StringVar(&r.out, "out", ".cache/release", "")
	f.StringVar(&r.parts, "parts", ".cache/bundled.json", "")
	f.StringVar(&r.tool, "tool", "", "")
	systems := f.String("systems", strings.Join(shipped.Systems, ","), "")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	r.systems, r.environment = strings.Split(*systems, ","), environment
	state, err := r.ready()
	if err != nil {
		return err
	}
	if args[0] == "ready" {
		_, err = fmt.Fprintln(out, state.sentence())
		return err
	}
	return r.pack(state, out)
}

// release is what is asked for: of which tree, under which tag, for which systems.
type release struct {
	root, tag, dist, out, parts, tool string
	systems                           []string
	environment                       func(string) string
}
