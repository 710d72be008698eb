// Package replayserver starts, for tests, the stand-ins for GitHub and other systems that replay real histories. They lie
// beside the repository, or where LIVEDORA_REPLAY says with what they need installed, and run on node. A test that cannot
// have one is skipped and says why.
package replayserver

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

// Server is a process that replays histories.
type Server struct {
	// URL is that of its REST API, as GitHub Enterprise has it; of another system the address that people open it at.
	URL string `json:"url"`

	process *exec.Cmd
}

// Start starts a server that lets in who has the token, with more arguments. Whoever starts it ends it.
func Start(t *testing.T, token string, arguments ...string) *Server {
	t.Helper()
	return start(t, Directory(t), "server.mjs", token, arguments)
}

// StartSystem starts the stand-in for another system, such as gitlab, which needs nothing installed.
func StartSystem(t *testing.T, system, token string, arguments ...string) *Server {
	t.Helper()
	return start(t, SystemDirectory(t, system), "systems/"+system+"/server.mjs", token, arguments)
}

func start(t *testing.T, dir, script, token string, arguments []string) *Server {
	t.Helper()
	s := &Server{process: exec.Command("node", append([]string{script, "--token", token, "--speed", "0"}, arguments...)...)} //nolint:gosec // of tests
	s.process.Dir, s.process.Stderr = dir, os.Stderr
	out, err := s.process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.process.Start())
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, s)
	}
	if err != nil {
		s.End()
		require.NoError(t, err, "the replay does not start")
	}
	return s
}

// End ends the process.
func (s *Server) End() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

// Directory is where the server lies.
func Directory(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the replay takes seconds to start")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed: the replay of GitHub cannot run")
	}
	dir, err := directory()
	if err != nil {
		t.Skip("the replay of GitHub cannot run: ", err)
	}
	return dir
}

// SystemDirectory is where the stand-ins lie, that of a system among them.
func SystemDirectory(t *testing.T, system string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the replay takes seconds to start")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed: the replay of " + system + " cannot run")
	}
	dir := os.Getenv("LIVEDORA_REPLAY")
	if dir == "" {
		var err error
		if dir, err = beside(); err != nil {
			t.Skip("the replay of "+system+" cannot run: ", err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "systems", system)); err != nil {
		t.Skip("there is no replay of "+system+": ", err)
	}
	return dir
}

// copied is the copy that was made, if any.
var copied string

// directory gives a copy in which the server's packages are installed: what lies beside the repository stays as it is.
var directory = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv("LIVEDORA_REPLAY"); dir != "" {
		return dir, nil
	}
	shared, err := beside()
	if err != nil {
		return "", err
	}
	if copied, err = os.MkdirTemp("", "livedora-replay"); err != nil {
		return "", err
	}
	if err := os.CopyFS(copied, os.DirFS(shared)); err != nil {
		return "", err
	}
	install := exec.Command("npm", "ci", "--omit=dev")
	install.Dir = copied
	if out, err := install.CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	return copied, nil
})

// beside finds the replay beside the repository.
func beside() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err != nil {
			continue
		}
		shared := filepath.Join(filepath.Dir(at), "shared", "replay")
		if _, err := os.Stat(shared); err == nil {
			return shared, nil
		}
		break
	}
	return "", errors.New("no replay beside the repository")
}

// CleanUp removes the copy that was made. Packages whose tests start servers call it when all have run.
func CleanUp() {
	if copied != "" {
		_ = os.RemoveAll(copied)
	}
}
