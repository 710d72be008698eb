package dora_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestASelectionReachesIntoSubgroups(t *testing.T) {
	for _, c := range []struct {
		selected, repository string
		takes                bool
	}{
		{"health/**", "health/api", true},
		{"health/**", "Health/booking/slots/web", true},
		{"health/booking/**", "health/booking/api", true},
		{"health/*/web", "health/booking/web", true},
		{"health/*", "health/booking/web", false},
		{"health/**", "healthy/api", false},
		{"health/**", "health", false},
		{"health/b*/**", "health/booking/web", true},
		{"health/b*/**", "health/consent/web", false},
	} {
		s := dora.Selection{Repositories: []string{c.selected}}
		assert.Equal(t, c.takes, s.Takes(c.repository), "%s and %s", c.selected, c.repository)
	}
	s := dora.Selection{Repositories: []string{"health/**", "!health/archive/**"}}
	assert.True(t, s.Takes("health/api"))
	assert.False(t, s.Takes("health/archive/old/api"))
}
