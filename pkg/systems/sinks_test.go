package systems_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// What a kind of sink declares is what its settings have, and a ledger has a bit for each kind of figure.
func TestSinksDeclareWhatTheyHave(t *testing.T) {
	assert.LessOrEqual(t, len(sink.Kinds), 32)
	for _, s := range systems.Sinks {
		declared := []string{}
		for _, f := range s.Fields().Fields() {
			declared = append(declared, f.Key)
			assert.NotEmpty(t, f.Meaning, f.Key)
		}
		keys := append(strict.Keys(reflect.TypeOf(s.Settings()).Elem()), strict.Keys(reflect.TypeFor[sink.Shape]())...)
		assert.ElementsMatch(t, keys, declared, s.Type)
	}
}

// A mistake in a sink names the field and what is allowed; what is right is as it was written, with the defaults around it.
func TestSettingsOfSinksAreJudged(t *testing.T) {
	parse := func(change map[string]any, store string, secrets map[string]string) (settings.Settings, error) {
		one := map[string]any{"id": "influx", "type": "influxdb", "url": "https://influx.example.org:8086", "database": "delivery"}
		for key, value := range change {
			one[key] = value
		}
		return settings.Parse(systems.All, map[string]any{
			"sources": []any{map[string]any{"id": "github", "type": "github", "repositories": []any{"example-health/*"}}},
			"sinks":   []any{one}, "store": map[string]any{"type": store, "path": map[string]string{"sqlite": "dora.db"}[store]},
		}, secrets, systems.Sinks...)
	}
	parsed, err := parse(map[string]any{"timezone": "Europe/London", "user": "live-dora"}, "sqlite", map[string]string{"sinks.influx.password": " secret "})
	require.NoError(t, err)
	one := parsed.Sinks[0]
	assert.Equal(t, "secret", one.Secrets["password"])
	assert.Equal(t, "Europe/London", one.Shape.Timezone.String())
	assert.Equal(t, sink.DefaultShape().Statistics, one.Shape.Statistics)
	assert.NotContains(t, one.Place(), "secret")

	for _, each := range []struct {
		change  map[string]any
		secrets map[string]string
		says    string
	}{
		{map[string]any{"id": "a b"}, nil, `sinks[0].id: "a b" is not allowed; allowed: 1 to 64 letters, digits, - and _, the first a letter or digit`},
		{map[string]any{"id": "github"}, nil, `sinks[0].id: "github" is a source's id; allowed: another one`},
		{map[string]any{"type": "grafana"}, nil, `sinks[0].type: "grafana" is not allowed; allowed: influxdb`},
		{map[string]any{"type": nil}, nil, "sinks[0].type: is missing; allowed: influxdb"},
		{map[string]any{"url": ""}, nil, "sinks[0].url: is missing; allowed: https://HOST:PORT of InfluxDB"},
		{map[string]any{"url": "influx:8086"}, nil, "sinks[0].url: is not an address; allowed: https://HOST or http://HOST with a path"},
		{map[string]any{"database": ""}, nil, "sinks[0].database: is missing; allowed: the name of a database that is there"},
		{map[string]any{"database": `a"b`}, nil, "sinks[0].database: is not a name of a database; allowed: the name of a database, without quotation marks"},
		{map[string]any{"measurement": "a b"}, nil, "sinks[0].measurement: is not a name of a measurement; allowed: letters, digits, _, . and -, the first a letter or digit"},
		{map[string]any{"timezone": "Mars/Olympus"}, nil, `sinks[0].timezone: "Mars/Olympus" is no time zone; allowed: the IANA name of one, such as Europe/London, or UTC`},
		{map[string]any{"buckets": []any{"hour"}}, nil, `sinks[0].buckets[0]: "hour" is not allowed; allowed: day, week, month`},
		{map[string]any{"levels": []any{"repository"}}, nil, `sinks[0].levels[0]: "repository" is not allowed; allowed: all, team, service, environment`},
		{map[string]any{"user": "live-dora"}, nil, "sinks.influx.password: is missing; a user needs user and this secret"},
		{map[string]any{"user": "live-dora"}, map[string]string{"sinks.influx.password": "p", "sinks.influx.token": "t"}, "sinks.influx.token: is not allowed with a user; allowed: this secret, or user and the secret sinks.influx.password"},
	} {
		_, err := parse(each.change, "sqlite", each.secrets)
		require.ErrorContains(t, err, each.says)
	}
	_, err = parse(nil, "memory", nil)
	require.ErrorContains(t, err, "sinks: are not allowed with store.type memory, which forgets what was delivered; allowed: with a store that lasts, sqlite or postgres")
	_, err = parse(map[string]any{"host": "x"}, "sqlite", nil)
	require.ErrorContains(t, err, "sinks[0].host")
}
