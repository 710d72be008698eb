package demo_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program is the built program in a folder such as dist; root is the repository's.
var program, root string

func TestMain(m *testing.M) { os.Exit(built(m)) }

// built builds the program once, with what a Grafana needs beside it, and runs the tests.
func built(m *testing.M) int {
	here, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	root = filepath.Dir(filepath.Dir(here))
	folder, err := os.MkdirTemp("", "livedora-dist-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	program = filepath.Join(folder, programName(runtime.GOARCH))
	build := exec.Command("go", "build", "-o", program, "./pkg")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		panic("the program does not build: " + string(output))
	}
	plugin, err := os.ReadFile(filepath.Join(root, "plugin.json"))
	if err != nil {
		panic(err)
	}
	for name, text := range map[string][]byte{"plugin.json": plugin, "module.js": []byte("define([], () => ({}));\n")} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			panic(err)
		}
	}
	return m.Run()
}

func programName(architecture string) string {
	name := "gpx_livedora_" + runtime.GOOS + "_" + architecture
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name
}

// process is the program at work in the repository's folder.
type process struct {
	command *exec.Cmd
	said    said
	temp    string // its folder for what it writes, empty when it begins
	path    string // its PATH
}

// said is what a process has written so far.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(text)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// prepare is a command on a machine without Docker and without Grafana.
func prepare(t *testing.T, arguments ...string) *process {
	t.Helper()
	temp, err := os.MkdirTemp("", "") // short: the plugin's socket is in it, and its path has little room
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	p := &process{command: exec.CommandContext(t.Context(), program, arguments...), temp: temp, path: t.TempDir()}
	p.command.Dir = root
	for _, each := range os.Environ() {
		name, _, _ := strings.Cut(each, "=")
		if name != "PATH" && name != "GRAFANA_HOME" && !strings.HasPrefix(name, "LIVEDORA_") && !strings.HasPrefix(name, "GF_") {
			p.command.Env = append(p.command.Env, each)
		}
	}
	p.with("PATH", p.path)
	p.with("TMPDIR", p.temp)
	p.command.Stdout, p.command.Stderr = &p.said, &p.said
	return p
}

func (p *process) with(name, value string) { p.command.Env = append(p.command.Env, name+"="+value) }

// script puts a program for the shell on the process's PATH.
func (p *process) script(t *testing.T, name, text string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a POSIX shell")
	}
	require.NoError(t, os.WriteFile(filepath.Join(p.path, name), []byte("#!/bin/sh\n"+text), 0o700)) //nolint:gosec // a program is executable
}

// end runs the process to its end and gives its exit code.
func (p *process) end(t *testing.T) int {
	t.Helper()
	return code(t, p.command.Run())
}

func code(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	require.NoError(t, err)
	return 0
}

// interrupt starts the process, waits until it has said something, and interrupts it as Ctrl-C does.
func (p *process) interrupt(t *testing.T, when string) int {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signal for one process")
	}
	require.NoError(t, p.command.Start())
	require.Eventually(t, func() bool { return strings.Contains(p.said.String(), when) }, time.Minute, 20*time.Millisecond, "%s", &p.said)
	require.NoError(t, p.command.Process.Signal(os.Interrupt))
	return code(t, p.command.Wait())
}

// tidy holds the process to having left nothing behind.
func (p *process) tidy(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir(p.temp)
	require.NoError(t, err)
	for _, each := range left {
		require.NotContains(t, each.Name(), "livedora", "left behind")
	}
}
