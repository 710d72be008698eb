package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/shipped"
)

// Images are built where there is an engine; here, what they promise is read off their files.
func TestImagesHaveNoRootAndTakeWhatIsReleased(t *testing.T) {
	files, err := filepath.Glob("../../deploy/images/*.Dockerfile")
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			steps := map[string][]string{}
			for _, found := range regexp.MustCompile(`(?m)^([A-Z]+) (.+)$`).FindAllStringSubmatch(strings.ReplaceAll(string(text), "\\\n", " "), -1) {
				steps[found[1]] = append(steps[found[1]], found[2])
			}
			require.Len(t, steps["FROM"], 1)
			assert.Regexp(t, `^[\w./-]+:\S+$`, steps["FROM"][0], "a base has a version")
			assert.NotContains(t, steps["FROM"][0], "latest")
			require.NotEmpty(t, steps["USER"])
			assert.Regexp(t, `^[1-9]\d*:\d+$`, steps["USER"][len(steps["USER"])-1], "by number, so that Kubernetes sees that it is not root")
			assert.NotEmpty(t, steps["VOLUME"], "what is written is mounted")
			assert.Empty(t, steps["RUN"], "nothing is fetched or run, so that another architecture needs no emulation")
			ignored, err := os.ReadFile(file + ".dockerignore")
			require.NoError(t, err)
			for _, step := range steps["COPY"] {
				words := strings.Fields(step)
				for _, from := range words[:len(words)-1] {
					assert.NotContains(t, from, "--chown", "what is copied belongs to root, who runs nothing")
					if released, ok := strings.CutPrefix(from, ".cache/release/stage/linux_${TARGETARCH}/"); ok {
						assert.Contains(t, []string{"", "livedora-dora-datasource/LICENSE", "livedora-dora-datasource/THIRD_PARTY_NOTICES", "livedora-dora-datasource/" + binaryOf("gpx_livedora", "linux/${TARGETARCH}")}, released)
						assert.Contains(t, string(ignored), "\n!.cache/release/stage/linux_*\n")
						continue
					}
					assert.DirExists(t, filepath.Join("../..", from))
					assert.Contains(t, string(ignored), "\n!"+strings.TrimSuffix(from, "/")+"\n")
				}
			}
		})
	}
	for _, architecture := range []string{"amd64", "arm64"} {
		assert.True(t, slices.Contains(shipped.Systems, "linux/"+architecture))
	}
}

// The workflow takes actions by what they are, not by names that can be moved, and gives secrets to tags alone.
func TestTheWorkflowsAreHard(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`uses: (\S+)(.*)`).FindAllStringSubmatch(string(text), -1) {
			assert.Regexp(t, `^[\w./-]+@[0-9a-f]{40}$`, found[1])
			assert.Regexp(t, `^ # v\d+\.\d+\.\d+$`, found[2])
		}
		assert.Contains(t, string(text), "\npermissions: {}\n")
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "secrets.") {
				assert.Contains(t, line, "github.ref_type == 'tag' &&")
			}
		}
	}
}
