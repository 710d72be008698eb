package dora_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestARemotesAddressNamesItsRepository(t *testing.T) {
	for remote, name := range map[string]string{
		"example-health/api":                                       "example-health/api",
		"https://github.com/example-health/api.git":                "example-health/api",
		"https://github.com/example-health/api":                    "example-health/api",
		"https://user:token@gitlab.example/health/booking/web.git": "health/booking/web",
		"git@github.com:example-health/api.git":                    "example-health/api",
		"ssh://git@gitlab.example:2222/health/booking/web.git/":    "health/booking/web",
		"git://forge.example/a/b.git":                              "a/b",
		"ftp://forge.example/a/b":                                  "ftp://forge.example/a/b",
		"":                                                         "",
		"https://":                                                 "https://",
	} {
		assert.Equal(t, name, dora.RepositoryAt(remote), remote)
	}
}
