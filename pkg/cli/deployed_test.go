package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/cli"
)

// What is deployed calls the program by words that it knows.
func TestWhatIsDeployedCallsTheCommandAsItIs(t *testing.T) {
	var out, help bytes.Buffer
	require.Zero(t, cli.Run(t.Context(), []string{"collect", "--help"}, &out, &help))
	unit, err := os.ReadFile("../../deploy/systemd/livedora-collector.service")
	require.NoError(t, err)
	image, err := os.ReadFile("../../deploy/images/collector.Dockerfile")
	require.NoError(t, err)
	var inImage []string
	require.NoError(t, json.Unmarshal(regexp.MustCompile(`(?m)^CMD (.+)$`).FindSubmatch(image)[1], &inImage))
	asUnit := strings.Fields(string(regexp.MustCompile(`(?m)^ExecStart=\S+ (.+)$`).FindSubmatch(unit)[1]))
	for _, words := range [][]string{asUnit, inImage} {
		assert.Equal(t, "collect", words[0])
		for _, word := range words[1:] {
			if option, is := strings.CutPrefix(word, "--"); is {
				assert.Regexp(t, `(?m)^  -`+option+`( |$)`, help.String())
			}
		}
	}
}
