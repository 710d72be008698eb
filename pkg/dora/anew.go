package dora

import "strings"

// Anew is an empty history of the same services, whose versions go on from this one's.
func (h *History) Anew() *History {
	anew := NewHistory(h.mapping)
	anew.version, anew.reach = h.version+1, h.reach
	return anew
}

// Knows says whether anything of a source's repository is known.
func (h *History) Knows(source, repository string) bool {
	_, known := h.repositories[repositoryKey{source, strings.ToLower(repository)}]
	return known
}
