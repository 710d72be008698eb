package gitlab

import (
	"context"
	"encoding/base64"
	"net/url"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The files that say who owns a project are read where something goes by them, of the default branch's head, and again where
// that is another one. GitLab goes by the first file CODEOWNERS that there is, in this order.

var ownersPaths = []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"}

const catalogPath = "catalog-info.yaml"

type fileRecord struct {
	Encoding string `json:"encoding"`
	Content  string `json:"content"`
}

func (f *fileRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("encoding", f.Encoding == ""))
}

// file reads the first of some files that there is at the head; empty: none.
func (s *projectSync) file(ctx context.Context, paths ...string) (string, error) {
	for _, path := range paths {
		file, found, err := one[fileRecord](ctx, s.run, s.part, of(s.state.ID)+"/repository/files/"+url.PathEscape(path), url.Values{"ref": {s.state.Head}})
		if err != nil {
			return "", err
		}
		if found {
			text, _ := base64.StdEncoding.DecodeString(file.Content) // another encoding has no owners in it
			return string(text), nil
		}
	}
	return "", nil
}

// readOwners reads the files, and tells of the project where they say something else than before. What cannot be read stays as it
// was.
func (s *projectSync) readOwners(ctx context.Context) error {
	p := s.state
	if p.Announced.IsZero() || disabled(s.project.RepositoryAccess) {
		return nil
	}
	traits, read := p.Traits, false
	if s.config.CodeOwners && p.OwnersOf != p.Head {
		text, err := s.file(ctx, ownersPaths...)
		if err != nil {
			return err
		}
		traits.CodeOwners, traits.SectionedOwners, p.OwnersOf, read = text, text != "", p.Head, true
	}
	if s.config.CatalogInfo && p.CatalogOf != p.Head {
		text, err := s.file(ctx, catalogPath)
		if err != nil {
			return err
		}
		traits.CatalogInfo, p.CatalogOf, read = text, p.Head, true
	}
	if !read {
		return nil
	}
	if traits = traits.Ordered(); traits.Same(&p.Traits) {
		return s.emit(ctx, nil)
	}
	updated := s.Now().UTC()
	if !updated.After(p.Announced) {
		updated = p.Announced.Add(time.Second)
	}
	p.Traits, p.Announced = traits, updated
	return s.emit(ctx, []dora.Event{s.repository(p, updated)})
}
