// Command notices writes the notices of everything that is shipped and not ours: of the Go modules that are linked into the
// program of any system, of Go's own library, and of the npm packages that are in the frontend's bundle. Its arguments are
// the list of those packages that the bundler wrote, and the file to write. It is no part of the plugin.
package main

import (
	"fmt"
	"os"

	"github.com/livedora/dora-datasource/pkg/shipped"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: notices BUNDLED.json FILE")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(list, file string) error {
	linked, err := linkedModules(shipped.Systems)
	if err != nil {
		return err
	}
	bundled, err := bundledPackages(list)
	if err != nil {
		return err
	}
	text, err := compose(append(linked, bundled...))
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o644); err != nil { //nolint:gosec // for everyone to read
		return fmt.Errorf("the notices cannot be written: %w", err)
	}
	return nil
}
