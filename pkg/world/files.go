package world

import (
	"maps"
	"slices"
	"strings"
)

// What lies in a repository, as far as somebody may look for it.

// blob is a file's text, and tree what lies in a folder.
type blob string

type tree []entry

type entry struct{ name, kind string }

// lying is the file or the folder of a path, at the head of the default branch; nil where there is none.
func (r *repository) lying(path string) any {
	if text, is := r.files[path]; is {
		return blob(text)
	}
	var found tree
	for _, file := range slices.Sorted(maps.Keys(r.files)) {
		below := file
		if path != "" {
			var in bool
			if below, in = strings.CutPrefix(file, path+"/"); !in {
				continue
			}
		}
		each := entry{below, "blob"}
		if folder, _, deeper := strings.Cut(below, "/"); deeper {
			each = entry{folder, "tree"}
		}
		if !slices.Contains(found, each) {
			found = append(found, each)
		}
	}
	if found == nil {
		return nil
	}
	return found
}

func defineFiles() {
	define("Blob", []string{"GitObject"}, map[string]*field{
		"text":        leaf(func(b blob) any { return string(b) }),
		"isTruncated": leaf(func(blob) any { return false }),
	})
	define("Tree", []string{"GitObject"}, map[string]*field{
		"entries": on("TreeEntry", func(t tree) any {
			list := make([]any, len(t))
			for i, each := range t {
				list[i] = each
			}
			return list
		}),
	})
	define("TreeEntry", nil, map[string]*field{
		"name": leaf(func(e entry) any { return e.name }),
		"type": leaf(func(e entry) any { return e.kind }),
	})
	define("Tag", []string{"GitObject"}, map[string]*field{ // tags here lead to commits alone
		"oid": {}, "tagger": {of: "GitActor"}, "target": {of: "GitObject"},
	})
}
