package owners

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// documentsLimit bounds how many documents of a file catalog-info.yaml are read.
const documentsLimit = 200

// betweenDocuments is the line between two documents of a file.
var betweenDocuments = regexp.MustCompile(`(?m)^---\s*$`)

// readCatalog reads the components of a file catalog-info.yaml. A document that cannot be read costs itself alone, and other
// files, to which a document of kind Location leads, are not read.
func readCatalog(text string) (entities []dora.Entity) {
	documents := betweenDocuments.Split(strings.TrimPrefix(text, "\ufeff"), -1)
	for _, document := range documents[:min(len(documents), documentsLimit)] {
		var e struct {
			Kind     string
			Metadata struct {
				Name, Namespace string
				Annotations     map[string]string
			}
			Spec struct{ Owner string }
		}
		if yaml.Unmarshal([]byte(document), &e) != nil || !strings.EqualFold(e.Kind, "component") || e.Metadata.Name == "" {
			continue
		}
		read := dora.Entity{From: dora.OwnersInCatalog, Name: e.Metadata.Name}
		read.Repositories, read.Folder = Located(e.Metadata.Annotations)
		if e.Spec.Owner != "" {
			read.Owners = []string{RefTo(e.Spec.Owner, e.Metadata.Namespace).Called()}
		}
		entities = append(entities, read)
	}
	return entities
}

// written are the entries of the files catalog-info.yaml of some repositories. A component is in the repository that it is written
// in, whatever it says besides.
func (f *Finder) written(places []Place) (entries []Entry) {
	for i := range places {
		p := &places[i]
		if p.Traits.CatalogInfo == "" {
			continue
		}
		entities, read := f.catalogs[p.Traits.CatalogInfo]
		if !read {
			entities = readCatalog(p.Traits.CatalogInfo)
			f.catalogs[p.Traits.CatalogInfo] = entities
		}
		for _, e := range entities {
			if !slices.ContainsFunc(e.Repositories, func(name string) bool { return strings.EqualFold(name, p.Name) }) {
				e.Repositories = append(slices.Clone(e.Repositories), p.Name)
				e.Folder = ""
			}
			entries = append(entries, Entry{Source: p.Source, Entity: &e})
		}
	}
	return entries
}
