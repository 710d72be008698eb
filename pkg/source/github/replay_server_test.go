package github_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// replay is a stand-in for GitHub that replays real histories, with a clock that tests move. It belongs to one test.
type replay struct {
	t   *testing.T
	dir string
	now string
	URL string
}

// replayServer is the process of a replay, which outlives the test that it belongs to.
type replayServer struct {
	URL     string `json:"url"`
	process *exec.Cmd
}

var (
	replays     sync.Mutex
	idleReplays []*replayServer // of both datasets; reading them takes a second of starting
	allReplays  []*replayServer
	copied      string // the replay's copy to remove in the end, if one was made
)

// torture says whether the long forms are wanted, which go tool mage torture runs.
func torture() bool { return os.Getenv("LIVEDORA_TORTURE") != "" }

func TestMain(m *testing.M) {
	code := m.Run()
	for _, server := range allReplays {
		server.end()
	}
	if copied != "" {
		_ = os.RemoveAll(copied)
	}
	os.Exit(code)
}

func (s *replayServer) end() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

var replayDir = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv("LIVEDORA_REPLAY"); dir != "" {
		return dir, nil
	}
	shared, err := filepath.Abs("../../../../shared/replay")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(shared); err != nil {
		return "", errors.New("no replay of GitHub beside the repository")
	}
	dir, err := os.MkdirTemp("", "livedora-replay")
	if err != nil {
		return "", err
	}
	copied = dir
	if err := os.CopyFS(dir, os.DirFS(shared)); err != nil {
		return "", err
	}
	install := exec.Command("npm", "ci", "--omit=dev")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	return dir, nil
})

// startReplay gives a test a replay of both datasets, or of others, to itself, at an instant of the virtual clock, which
// stands still until it is moved. The test runs beside others.
func startReplay(t *testing.T, now string, others ...string) *replay {
	t.Helper()
	if testing.Short() {
		t.Skip("the replay takes seconds to start")
	}
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: the replay of GitHub cannot run")
	}
	dir, err := replayDir()
	if err != nil {
		t.Skip("the replay of GitHub cannot run: ", err)
	}
	r := &replay{t: t, dir: dir, now: now}
	if len(others) > 0 {
		server := launchReplay(t, node, dir, others...)
		t.Cleanup(server.end)
		r.URL = server.URL
	} else {
		server := takeReplay(t, node, dir)
		t.Cleanup(func() { giveBack(server) })
		r.URL = server.URL
	}
	r.reset()
	return r
}

func launchReplay(t *testing.T, node, dir string, data ...string) *replayServer {
	t.Helper()
	arguments := []string{"server.mjs", "--token", replayToken, "--speed", "0"}
	for _, each := range data {
		arguments = append(arguments, "--data", each)
	}
	server := &replayServer{process: exec.Command(node, arguments...)}
	server.process.Dir = dir
	server.process.Stderr = os.Stderr
	out, err := server.process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.process.Start())
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, server)
	}
	if err != nil {
		server.end()
		require.NoError(t, err, "the replay does not start")
	}
	return server
}

// takeReplay takes a replay that no other test uses, or starts one.
func takeReplay(t *testing.T, node, dir string) *replayServer {
	t.Helper()
	replays.Lock()
	if last := len(idleReplays) - 1; last >= 0 {
		server := idleReplays[last]
		idleReplays = idleReplays[:last]
		replays.Unlock()
		return server
	}
	replays.Unlock()
	server := launchReplay(t, node, dir, "data/immunisation-fhir-api", "data/immunisation-fhir-api+synthetic")
	replays.Lock()
	defer replays.Unlock()
	allReplays = append(allReplays, server)
	return server
}

func giveBack(server *replayServer) {
	replays.Lock()
	defer replays.Unlock()
	idleReplays = append(idleReplays, server)
}
