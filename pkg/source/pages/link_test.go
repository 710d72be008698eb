package pages_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/source/pages"
)

func TestTheNextPageIsFoundAmongTheLinks(t *testing.T) {
	for name, c := range map[string]struct {
		header []string
		next   string
		number int
		last   int
	}{
		"GitHub's": {header: []string{`<https://api.github.com/repositories/7/deployments?per_page=50&page=2>; rel="next", <https://api.github.com/repositories/7/deployments?per_page=50&page=9>; rel="last"`},
			next: "https://api.github.com/repositories/7/deployments?per_page=50&page=2", number: 2, last: 9},
		"GitLab's by key": {header: []string{`<https://gitlab.example/api/v4/projects?id_after=42&order_by=id&pagination=keyset>; rel="next"`},
			next: "https://gitlab.example/api/v4/projects?id_after=42&order_by=id&pagination=keyset"},
		"a comma in the address": {header: []string{`<https://a.example/?ids=1,2&page=3>; rel="prev", <https://a.example/?ids=1,2&page=5>; rel="next"`},
			next: "https://a.example/?ids=1,2&page=5", number: 5},
		"several headers":    {header: []string{`<https://a.example/?page=1>; rel="first"`, `<https://a.example/?page=2>; title="x"; rel=next`}, next: "https://a.example/?page=2", number: 2},
		"the last page":      {header: []string{`<https://a.example/?page=1>; rel="first"`}},
		"none":               {},
		"one that is broken": {header: []string{`<https://a.example/?page=1; rel="next"`}},
		"no number":          {header: []string{`<https://a.example/?page=two>; rel="next"`}, next: "https://a.example/?page=two"},
	} {
		header := http.Header{"Link": c.header}
		assert.Equal(t, c.next, pages.Link(header, "next"), name)
		assert.Equal(t, c.number, pages.Number(header, "next"), name)
		assert.Equal(t, c.last, pages.Number(header, "last"), name)
	}
}
