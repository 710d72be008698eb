package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// profilePort is where the plugin's profiles are served, on this machine alone.
var profilePort = func() int {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		return 6060
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of tcp
}()

func init() {
	// The plugins that are started read these.
	_ = os.Setenv("GF_PLUGIN_PROFILING_ENABLED", "true")
	_ = os.Setenv("GF_PLUGIN_PROFILING_PORT", strconv.Itoa(profilePort))
}

func fetch(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/debug/pprof/%s", profilePort, path), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the plugin serves no profiles: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	return io.ReadAll(response.Body)
}

// memory is the whole process, after its garbage was collected.
func (t *target) memory(ctx context.Context, table *table) error {
	if err := t.settle(ctx); err != nil {
		return err
	}
	table.note("memory of the whole process (resident)", fmt.Sprintf("%d MB", status(t.plugin.PID(), "VmRSS")>>10), "≤ 250 MB")
	table.note("… the most it ever was", fmt.Sprintf("%d MB", status(t.plugin.PID(), "VmHWM")>>10), "")
	return nil
}

// settle has the garbage collected and waits for what is free to go back.
func (t *target) settle(ctx context.Context) error {
	for range 2 {
		if _, err := fetch(ctx, "heap?gc=1"); err != nil {
			return err
		}
	}
	select { // what is free goes back to the system by and by
	case <-ctx.Done():
	case <-time.After(3 * time.Second):
	}
	return nil
}

// status is a number of a process's status on Linux; 0 elsewhere.
func status(pid int, name string) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			number, _ := strconv.Atoi(strings.Fields(rest)[0])
			return number
		}
	}
	return 0
}

// processorTime is how long a process has computed, on Linux; 0 elsewhere.
func processorTime(pid int) time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // in hundredths of a second
}

// load is how busy the machine is with other things.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return ", load average " + strings.Fields(string(text))[0] + " before the first measurement"
}

// profiled is a profile of the plugin's processor time.
type profiled struct {
	text []byte
	err  error
}

// profile takes a profile while something else goes on.
func profile(ctx context.Context, seconds int) <-chan profiled {
	done := make(chan profiled, 1)
	go func() {
		text, err := fetch(ctx, fmt.Sprintf("profile?seconds=%d", seconds))
		done <- profiled{text, err}
	}()
	return done
}

// print prints what takes the most time, and keeps the profile.
func (p profiled) print(ctx context.Context, program, name, while string) error {
	if p.err != nil {
		return p.err
	}
	path := filepath.Join(directory, name)
	if err := os.WriteFile(path, p.text, 0o600); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-nodecount", "5", program, path).Output() //nolint:gosec // the program that is measured
	if err != nil {
		return fmt.Errorf("the profile cannot be read: %w", err)
	}
	fmt.Printf("Where the time goes while %s (%s):\n\n%s\n", while, path, out)
	return nil
}

// profile prints where the time goes while every question is asked in turn.
func (t *target) profile(ctx context.Context) error {
	done := profile(ctx, 6)
	for {
		for i := range questions {
			_ = t.ask(ctx, &questions[i]) // those that fail were told of
		}
		select {
		case p := <-done:
			return p.print(ctx, t.program, "cpu.pprof", "all of these are asked in turn")
		default:
		}
	}
}
