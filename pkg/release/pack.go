package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// archive is one file that is published. Its stage is the folder that it is laid out in, from which images take it too.
type archive struct {
	name, stage string
	systems     []string
}

// pack makes everything that is published, into one folder, from nothing.
func (r *release) pack(s state, out io.Writer) error {
	m, err := readMetadata(r.dist)
	if err != nil {
		return err
	}
	if m.Info.Version != s.number {
		return fmt.Errorf("%s was built of %s, and the version is %s: build it again", r.dist, m.Info.Version, s.number)
	}
	if err := os.RemoveAll(r.out); err != nil {
		return fmt.Errorf("what was made before cannot be removed: %w", err)
	}
	archives := []archive{{fmt.Sprintf("%s-%s.zip", m.ID, s.number), "all", r.systems}}
	for _, system := range r.systems {
		as := strings.ReplaceAll(system, "/", "_")
		archives = append(archives, archive{fmt.Sprintf("%s-%s.%s.zip", m.ID, s.number, as), as, []string{system}})
	}
	published := map[string][]byte{"RELEASE_NOTES.md": []byte(s.notes + "\n")}
	for _, a := range archives {
		folder := filepath.Join(r.out, "stage", a.stage, m.ID)
		if err := stage(r.dist, folder, m.Executable, a.systems); err != nil {
			return err
		}
		if err := admit(r.root, folder, a.systems); err != nil {
			return fmt.Errorf("%s would be refused by Grafana's catalogue:\n%w", a.name, err)
		}
		if s.real && r.environment(tokenName) != "" {
			if err := sign(folder); err != nil {
				return err
			}
		}
		first, err := zipped(folder, s.made)
		if err != nil {
			return err
		}
		if second, err := zipped(folder, s.made); err != nil || !bytes.Equal(first, second) {
			return errors.Join(fmt.Errorf("%s is not the same when it is made again", a.name), err)
		}
		published[a.name] = first
	}
	if r.tool != "" {
		parts, err := r.partsList(m, s)
		if err != nil {
			return err
		}
		published[fmt.Sprintf("%s-%s.cdx.json", m.ID, s.number)] = parts
	}
	return r.publish(published, out)
}

// publish writes the files and their checksums, and says what there is.
func (r *release) publish(files map[string][]byte, out io.Writer) error {
	names := slices.Sorted(keys(files))
	var sums strings.Builder
	for _, name := range names {
		sum := sha256.Sum256(files[name])
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), name)
	}
	files["SHA256SUMS"] = []byte(sums.String())
	for _, name := range append(names, "SHA256SUMS") {
		if err := os.WriteFile(filepath.Join(r.out, name), files[name], 0o644); err != nil { //nolint:gosec // for everyone to read
			return fmt.Errorf("a file of the release cannot be written: %w", err)
		}
		if _, err := fmt.Fprintf(out, "%8.1f MB  %s\n", float64(len(files[name]))/1e6, filepath.Join(r.out, name)); err != nil {
			return err
		}
	}
	return nil
}

func keys[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// binaryOf is the backend's file for a system.
func binaryOf(executable, system string) string {
	name := executable + "_" + strings.ReplaceAll(system, "/", "_")
	if strings.HasPrefix(system, "windows/") {
		name += ".exe"
	}
	return name
}

// stage lays out what one archive has: everything that was built, with the backends of its systems alone.
func stage(dist, folder, executable string, systems []string) error {
	wanted := map[string]bool{}
	for _, system := range systems {
		name := binaryOf(executable, system)
		wanted[name] = true
		if _, err := os.Stat(filepath.Join(dist, name)); err != nil {
			return fmt.Errorf("%s has no backend for %s: go tool mage release builds all: %w", dist, system, err)
		}
	}
	err := filepath.WalkDir(dist, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dist, path)
		if err != nil || e.IsDir() || strings.HasPrefix(name, executable+"_") && !wanted[name] {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // for everyone to read
			return err
		}
		mode := os.FileMode(0o644)
		if wanted[name] {
			mode = 0o755
		}
		return os.WriteFile(to, content, mode) //nolint:gosec // as it was built
	})
	if err != nil {
		return fmt.Errorf("what was built cannot be laid out: %w", err)
	}
	return nil
}

// zipped is a folder as an archive: its files by name, with one time, so that the same folder is the same archive.
func zipped(folder string, made time.Time) ([]byte, error) {
	var names []string
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the archive's files cannot be listed: %w", err)
	}
	slices.Sort(names)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, path := range names {
		name, err := filepath.Rel(filepath.Dir(folder), path)
		if err != nil {
			return nil, fmt.Errorf("the archive cannot be made: %w", err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("the archive cannot be made: %w", err)
		}
		header := &zip.FileHeader{Name: filepath.ToSlash(name), Method: zip.Deflate, Modified: made}
		header.SetMode(info.Mode().Perm())
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("the archive cannot be made: %w", err)
		}
		into, err := w.CreateHeader(header)
		if err == nil {
			_, err = into.Write(content)
		}
		if err != nil {
			return nil, fmt.Errorf("the archive cannot be made: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("the archive cannot be made: %w", err)
	}
	return out.Bytes(), nil
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the release needs %s: %w", filepath.Base(file), err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// byName puts parts in order.
func byName(a, b component) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
}
