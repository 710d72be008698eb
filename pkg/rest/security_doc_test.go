package rest

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheSecurityPageListsEveryRouteWithItsRole(t *testing.T) {
	text, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	_, table, begun := strings.Cut(string(text), "<!-- the routes: held together with the API's description by a test -->")
	table, _, ended := strings.Cut(table, "<!-- end of the routes -->")
	require.True(t, begun && ended)
	listed := map[string]string{}
	for line := range strings.Lines(table) {
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
