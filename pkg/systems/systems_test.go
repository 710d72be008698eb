package systems_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/systems"
	"github.com/livedora/dora-datasource/pkg/world"
)

// keysOf lists the keys that settings are decoded from, those of objects as object.key.
func keysOf(t reflect.Type, prefix string) map[string]reflect.Type {
	keys := map[string]reflect.Type{}
	visible := slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.Anonymous })
	for i, name := range strict.Keys(t) {
		kind := visible[i].Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		if _, text := reflect.New(kind).Interface().(interface{ UnmarshalText([]byte) error }); kind.Kind() == reflect.Struct && !text {
			for key, each := range keysOf(kind, prefix+name+".") {
				keys[key] = each
			}
			continue
		}
		keys[prefix+name] = kind
	}
	return keys
}

func TestEverySystemDeclaresEveryKeyOfItsSettings(t *testing.T) {
	for _, system := range systems.All {
		t.Run(system.Type, func(t *testing.T) {
			keys := keysOf(reflect.TypeOf(system.Settings()).Elem(), "")
			declared := system.Fields()
			for _, field := range declared {
				if field.Kind == source.Rules {
					ruled := keysOf(keys[field.Key].Elem(), field.Key+".")
					for _, each := range field.Fields {
						each.Key = field.Key + "." + each.Key
						declared, keys[each.Key] = append(declared, each), ruled[each.Key]
						delete(ruled, each.Key)
					}
					assert.Empty(t, ruled, "are declared of the rules")
				}
			}
			for _, field := range declared {
				kind, known := keys[field.Key]
				if !assert.True(t, known, "%s is in the settings", field.Key) {
					continue
				}
				delete(keys, field.Key)
				allowed, choice := reflect.Zero(kind).Interface().(strict.Enum)
				require.Equal(t, field.Kind == source.Choice, choice, field.Key)
				if choice {
					assert.Equal(t, source.Values(field.Choices), allowed.Allowed(), field.Key)
				}
				assert.Equal(t, field.Kind == source.List || field.Kind == source.Globs || field.Kind == source.Rules, kind.Kind() == reflect.Slice, field.Key)
				assert.Equal(t, field.Kind == source.Flag, kind.Kind() == reflect.Bool, field.Key)
				assert.NotEmpty(t, field.Meaning, "%s is explained", field.Key)
				if field.Form != nil {
					_, err := regexp.Compile(field.Form.Pattern)
					assert.NoError(t, err, field.Key)
				}
			}
			assert.Empty(t, keys, "are declared")
		})
	}
}

func TestWhatASystemDeclaresHangsTogether(t *testing.T) {
	word := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	seen := map[string]bool{}
	for _, system := range systems.All {
		t.Run(system.Type, func(t *testing.T) {
			assert.Regexp(t, word, system.Type)
			assert.False(t, seen[system.Type], "is there twice")
			seen[system.Type] = true
			assert.NotEmpty(t, system.Name)
			assert.NotEmpty(t, system.Summary)
			assert.NotEmpty(t, append(slices.Clone(system.Reads), system.Tells...), "it is there for something")
			assert.Equal(t, !system.Told(), system.Access != nil, "who is read lets us in")
			assert.Equal(t, len(system.Tells) > 0, system.Webhook != nil, "who tells has a way to")
			fields := map[string]source.Field{}
			for _, field := range system.Fields() {
				fields[field.Key] = field
			}
			holds := func(when *source.When, of string) {
				if when == nil {
					return
				}
				choice, known := fields[when.Key]
				require.True(t, known, "%s depends on %s", of, when.Key)
				for _, value := range when.Values {
					assert.Contains(t, source.Values(choice.Choices), value, "%s depends on it", of)
				}
			}
			for key, field := range fields {
				holds(field.When, key)
			}
			for _, permission := range system.Permissions {
				holds(permission.When, permission.Name)
				assert.NotEmpty(t, permission.For, permission.Name)
			}
			if system.Webhook != nil {
				for _, event := range system.Webhook.Events {
					holds(event.When, event.Name)
				}
			}
			names := []string{source.SecretWebhook}
			if system.Access != nil {
				for i, way := range system.Access.Ways {
					assert.True(t, i == 0 || way.Noun != "", "sentences name %s", way.Value)
					assert.True(t, i == 0 || len(way.Fields) > 0, "a key tells that it goes by %s, for secrets are not read back", way.Value)
					for _, secret := range way.Secrets {
						names = append(names, secret.Name)
					}
				}
			}
			for i, name := range names {
				assert.NotContains(t, name, ".")
				assert.NotContains(t, names[:i], name, "two secrets of one name")
			}
			assert.NotPanics(t, func() { source.Plain(system.Settings()) })
			system.Judge("", "x", system.Settings(), nil, func(field, format string, _ ...any) {
				assert.True(t, strings.HasPrefix(field, "."), field+format)
			})
			assert.NotNil(t, system.Settings().Open(source.Given{ID: "x"}), "what is not configured can be opened, and says so")
		})
	}
}

func TestTheInventedOrganisationSpeaksOfSystemsThatAreRead(t *testing.T) {
	require.NotEmpty(t, world.Speakers)
	lived := map[string]bool{}
	for _, s := range world.New(world.Options{Months: 1, Elsewhere: true}).Services() {
		lived[s.Host], lived[s.Deployer], lived[s.Tracker] = true, true, true
	}
	for _, each := range world.Speakers {
		system := systems.All.Of(each.Type)
		if assert.NotNil(t, system, "%s is a system", each.Type) {
			assert.False(t, system.Told(), "%s is read", each.Type)
		}
		assert.True(t, lived[each.Type], "a service lives in %s", each.Type)
	}
}
