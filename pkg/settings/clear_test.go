package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
		read := func(key string) settings.Settings {
			s, err := parse(t, `{"sources":[{"id":"a","type":"webhook"},{`+github+`,"`+key+`":"`+address+`"}]}`, nil)
			require.NoError(t, err)
			return s
		}
		s := read("url")
		want := []string{"sources[1].url"}
		if !told {
			want = nil
		}
		assert.Equal(t, want, s.InClear(), address)
		if told {
			s = read("graphqlUrl")
			assert.Equal(t, []string{"sources[1].graphqlUrl"}, s.InClear(), address)
		}
	}
}
