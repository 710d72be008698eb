package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/settings"
)

func TestATokenThatTravelsUnencryptedIsTold(t *testing.T) {
	for address, told := range map[string]bool{
		"":                               false, // the default is https
		"https://forge.example/api/v3":   false,
		"http://localhost:8080/api/v3":   false,
		"http://LOCALHOST./":             false,
		"http://demo.localhost/":         false,
		"http://127.0.0.2/":              false,
		"http://[::1]:80/":               false,
		"http://forge.example/api/v3":    true,
		"HTTP://forge.example/api/v3":    true,
		"http://10.0.0.7/api/v3":         true,
		"http://localhost.evil.example/": true,
		"http://[fe80::1]/":              true,
	} {
		s := settings.Settings{Sources: []settings.Source{{ID: "a"}, {ID: "github", URL: address}}}
		want := []string{"sources[1].url"}
		if !told {
			want = nil
		}
		assert.Equal(t, want, s.InClear(), address)
		if told {
			s.Sources[1] = settings.Source{ID: "github", GraphQLURL: address}
			assert.Equal(t, []string{"sources[1].graphqlUrl"}, s.InClear(), address)
		}
	}
}
