package cli_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/cli"
)

func TestAProgramSaysWhichVersionItIs(t *testing.T) {
	var out, log bytes.Buffer
	assert.Zero(t, cli.Run(t.Context(), []string{"version"}, &out, &log))
	assert.Equal(t, cli.Version()+"\n", out.String(), "of a build that is no release, the commit")
	assert.Equal(t, 2, cli.Run(t.Context(), []string{"version", "--long"}, &out, &log))
}
