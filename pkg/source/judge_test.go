package source_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// forge is an invented system with one field of each kind that is judged.
var forge = source.System{
	Type: "forge", Reads: []dora.Kind{dora.KindDeployment},
	Rows: [][]source.Field{
		{{Key: "url", Kind: source.Address, Label: "URL"}},
		{
			{Key: "projects", Kind: source.Globs, Required: "a list of projects", Form: &source.Form{Pattern: `^!?[a-z/]+$`, Allowed: "small letters"}},
			{Key: "runs.of", Kind: source.Choice, Choices: []source.Option{{Value: "jobs"}, {Value: "tags"}, {Value: "pushes"}}},
			{Key: "runs.prefix", Kind: source.Text, When: &source.When{Key: "runs.of", Values: []string{"tags", "pushes"}, Because: ", which have names"}},
		},
		{{Key: "alarms.labels", Kind: source.List, Required: "a list of labels"}},
	},
	Access: &source.Access{Ways: []source.Way{
		{Option: source.Option{Value: "token"}, Secrets: []source.Secret{{Name: "token"}}},
		{
			Option: source.Option{Value: "client"}, Noun: "an OAuth client",
			Fields:  []source.Field{{Key: "clientId", Kind: source.Text, Label: "Client id", Form: &source.Form{Pattern: `^\d+$`, Allowed: "a number"}}},
			Secrets: []source.Secret{{Name: "clientSecret", Form: &source.Form{Pattern: `^s-`, Noun: "a client's secret", Allowed: "what begins with s-"}}},
		},
	}},
}

type forgeSettings struct {
	URL      string   `json:"url,omitempty"`
	Projects []string `json:"projects,omitempty"`
	Runs     struct {
		Of     string `json:"of,omitempty"`
		Prefix string `json:"prefix,omitempty"`
	} `json:"runs,omitzero"`
	Alarms *struct {
		Labels []string `json:"labels,omitempty"`
	} `json:"alarms,omitempty"`
	ClientID string `json:"clientId,omitempty"`
}

func (*forgeSettings) Open(source.Given) source.Source { return nil }

// Judge implements source.Judge.
func (s *forgeSettings) Judge(at string, fail source.Fail) {
	if len(s.Projects) > 2 {
		fail(at+".projects", "are too many; allowed: %d", 2)
	}
}

func TestWhatADeclarationTellsIsJudgedByIt(t *testing.T) {
	const whole = "an OAuth client needs clientId and the secret sources.a.clientSecret"
	for name, c := range map[string]struct {
		alter   func(*forgeSettings)
		secrets map[string]string
		want    []string
	}{
		"all is well":           {func(*forgeSettings) {}, map[string]string{"token": "t"}, nil},
		"nothing to let in":     {func(s *forgeSettings) { s.Projects = nil }, nil, []string{"s.projects: is missing; allowed: a list of projects"}},
		"one of another form":   {func(s *forgeSettings) { s.Projects[1] = "B" }, nil, []string{`s.projects[1]: "B" is not allowed; allowed: small letters`}},
		"one with a log-in":     {func(s *forgeSettings) { s.Projects[1] = "me:secret@b" }, nil, []string{"s.projects[1]: is not allowed; allowed: small letters"}},
		"no address":            {func(s *forgeSettings) { s.URL = "forge" }, nil, []string{"s.url: is not an address; allowed: https://HOST or http://HOST with a path"}},
		"an address of someone": {func(s *forgeSettings) { s.URL = "https://me@forge" }, nil, []string{"s.url: must not contain a user or password; a token belongs in the source's secret"}},
		"of another choice": {func(s *forgeSettings) { s.Runs.Of, s.Runs.Prefix = "jobs", "v" }, nil,
			[]string{"s.runs.prefix: is not allowed with of: jobs, which have names; allowed with of: tags, pushes"}},
		"of the default": {func(s *forgeSettings) { s.Runs.Prefix = "v" }, nil,
			[]string{"s.runs.prefix: is not allowed with of: jobs, which have names; allowed with of: tags, pushes"}},
		"of this choice": {func(s *forgeSettings) { s.Runs.Of, s.Runs.Prefix = "tags", "v" }, nil, nil},
		"an object without what it is for": {func(s *forgeSettings) {
			s.Alarms = &struct {
				Labels []string `json:"labels,omitempty"`
			}{}
		}, nil, []string{"s.alarms.labels: is missing; allowed: a list of labels"}},
		"beyond the declaration": {func(s *forgeSettings) { s.Projects = []string{"a", "b", "c"} }, nil, []string{"s.projects: are too many; allowed: 2"}},
		"another way in":         {func(s *forgeSettings) { s.ClientID = "7" }, map[string]string{"clientSecret": "s-1"}, nil},
		"half of it":             {func(s *forgeSettings) { s.ClientID = "7" }, nil, []string{"sources.a.clientSecret: is missing; an OAuth client needs clientId and this secret"}},
		"the other half":         {func(*forgeSettings) {}, map[string]string{"clientSecret": "s-1"}, []string{"s.clientId: is missing; " + whole}},
		"its forms": {func(s *forgeSettings) { s.ClientID = "x" }, map[string]string{"clientSecret": "1"},
			[]string{"s.clientId: is not allowed; allowed: a number", "sources.a.clientSecret: is not a client's secret; allowed: what begins with s-"}},
		"two ways in": {func(s *forgeSettings) { s.ClientID = "7" }, map[string]string{"token": "t", "clientSecret": "s-1"},
			[]string{"sources.a.token: is not allowed with an OAuth client; allowed: this secret, or clientId and the secret sources.a.clientSecret"}},
	} {
		t.Run(name, func(t *testing.T) {
			own := &forgeSettings{URL: "https://forge", Projects: []string{"a/b", "!a/c"}}
			c.alter(own)
			var told []string
			forge.Judge("s", "a", own, c.secrets, func(field, format string, args ...any) {
				told = append(told, field+": "+fmt.Sprintf(format, args...))
			})
			assert.Equal(t, c.want, told)
		})
	}
}

func TestAFieldIsCalledWhatItsDeclarationCallsIt(t *testing.T) {
	assert.Equal(t, "URL", forge.Label("url"))
	assert.Equal(t, "Client id", forge.Label("clientId"), "those of ways in too")
	assert.Empty(t, forge.Label("runs"))
	assert.Equal(t, []source.Located{{Key: "url", Address: "https://forge"}}, forge.Addresses(&forgeSettings{URL: "https://forge"}))
	assert.Empty(t, forge.Addresses(&forgeSettings{}))
}

func TestNamesInASentenceAreTheFirstOfMany(t *testing.T) {
	assert.Equal(t, "a, b", source.Listed([]string{"a", "b"}))
	assert.Equal(t, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more", source.Listed([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}))
}
