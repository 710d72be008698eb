package facts_test

import (
	"path/filepath"
	"testing"

	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
)

func TestRecordedHistoriesGiveWhatGitGives(t *testing.T) {
	for _, dir := range replaytest.Directories(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			r := replaytest.Load(t, dir)
			r.Check(t, r.Events)
		})
	}
}
