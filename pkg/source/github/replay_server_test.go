package github_test

import (
	"os"
	"sync"
	"testing"

	"github.com/livedora/dora-datasource/pkg/source/github/replayserver"
)

// replay is a stand-in for GitHub that replays real histories, with a clock that tests move. It belongs to one test.
type replay struct {
	t   *testing.T
	dir string
	now string
	URL string
}

var (
	replays     sync.Mutex
	idleReplays []*replayserver.Server // of both datasets; reading them takes a second of starting
	allReplays  []*replayserver.Server
)

// torture says whether the long forms are wanted, which go tool mage torture runs.
func torture() bool { return os.Getenv("LIVEDORA_TORTURE") != "" }

func TestMain(m *testing.M) {
	code := m.Run()
	for _, server := range allReplays {
		server.End()
	}
	replayserver.CleanUp()
	os.Exit(code)
}

// startReplay gives a test a replay of both datasets, or of others, to itself, at an instant of the virtual clock, which
// stands still until it is moved. The test runs beside others.
func startReplay(t *testing.T, now string, others ...string) *replay {
	t.Helper()
	r := &replay{t: t, dir: replayserver.Directory(t), now: now}
	t.Parallel()
	if len(others) > 0 {
		server := replayserver.Start(t, replayToken, dataOf(others)...)
		t.Cleanup(server.End)
		r.URL = server.URL
	} else {
		server := takeReplay(t)
		t.Cleanup(func() { giveBack(server) })
		r.URL = server.URL
	}
	r.reset()
	return r
}

func dataOf(histories []string) (arguments []string) {
	for _, each := range histories {
		arguments = append(arguments, "--data", each)
	}
	return arguments
}

// takeReplay takes a replay that no other test uses, or starts one.
func takeReplay(t *testing.T) *replayserver.Server {
	t.Helper()
	replays.Lock()
	if last := len(idleReplays) - 1; last >= 0 {
		server := idleReplays[last]
		idleReplays = idleReplays[:last]
		replays.Unlock()
		return server
	}
	replays.Unlock()
	server := replayserver.Start(t, replayToken, dataOf([]string{"data/immunisation-fhir-api", "data/immunisation-fhir-api+synthetic"})...)
	replays.Lock()
	defer replays.Unlock()
	allReplays = append(allReplays, server)
	return server
}

func giveBack(server *replayserver.Server) {
	replays.Lock()
	defer replays.Unlock()
	idleReplays = append(idleReplays, server)
}
