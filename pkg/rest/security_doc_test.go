package rest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/goldentest"
)

func TestTheSecurityPageListsEveryRouteWithItsRole(t *testing.T) {
	listed := map[string]string{}
	for line := range strings.Lines(goldentest.Section("security.md", "routes").Text(t)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for _, route := range regexp.MustCompile("`([A-Z]+ [^`]+)`").FindAllStringSubmatch(cells[2], -1) {
			listed[route[1]] = strings.TrimSpace(cells[1])
		}
	}
	is := map[string]string{}
	for i := range routes {
		is[routes[i].method+" "+routes[i].path] = string(routes[i].role)
	}
	assert.Equal(t, is, listed)
}
