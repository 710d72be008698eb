package settings_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	hub "github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/systems"
)

const github = `"id":"github","type":"github","repositories":["example-health/*"]`

// asGitHub is what the first source, a GitHub, is configured with.
func asGitHub(s settings.Settings) *hub.Settings { return s.Sources[0].Own.(*hub.Settings) }

func parse(t *testing.T, text string, secrets map[string]string) (settings.Settings, error) {
	t.Helper()
	object, err := strict.Object([]byte(text))
	require.NoError(t, err)
	return settings.Parse(systems.All, object, secrets)
}

func TestNothingSaidMeansTheDefaults(t *testing.T) {
	for _, text := range []string{`{}`, `{"sources":null,"definition":null,"collect":{},"store":{}}`} {
		s, err := parse(t, text, nil)
		require.NoError(t, err)
		assert.Empty(t, s.Sources)
		assert.Empty(t, s.Services)
		assert.Equal(t, "(?i)^(prod|production|live)$", s.Production.String())
		assert.True(t, dora.Same(dora.DefaultDefinition(), s.Definition))
		assert.Equal(t, time.Hour, time.Duration(s.Collect.Every))
		assert.Equal(t, 365*24*time.Hour, time.Duration(s.Collect.Backfill))
		assert.Equal(t, settings.Store{Type: settings.StoreMemory}, s.Store)
	}
}

func TestEveryMistakeNamesItsFieldAndWhatIsAllowed(t *testing.T) {
	const repositories = "owner/name, with * and ? for parts of a name and ! in front to leave out"
	for text, want := range map[string]string{
		// unknown keys, at each level
		`{"sources":[{` + github + `,"repos":[]}]}`:                 "sources[0].repos: there is no such key; allowed: id, type, url, graphqlUrl, api, appId, installationId, repositories, deployments, incidents",
		`{"sources":[{` + github + `,"secrets":{"token":"x"}}]}`:    "sources[0].secrets: there is no such key; allowed: id, type, url, graphqlUrl, api, appId, installationId, repositories, deployments, incidents",
		`{"sources":[{` + github + `,"deployments":{"form":"x"}}]}`: "sources[0].deployments.form: there is no such key; allowed: from, workflow, branch, environment, prereleases",
		`{"sources":[{` + github + `,"incidents":{"label":"x"}}]}`:  "sources[0].incidents.label: there is no such key; allowed: labels, severity",
		`{"services":[{"name":"a","owner":"x"}]}`:                   "services[0].owner: there is no such key; allowed: match, name, team, teams, deployments, incidents",
		`{"services":[{"name":"a","deployments":[{"env":"x"}]}]}`:   "services[0].deployments[0].env: there is no such key; allowed: source, repository, environment, ",
		`{"services":[{"name":"a","incidents":[{"label":"x"}]}]}`:   "services[0].incidents[0].label: there is no such key; allowed: source, repository, service, labels, excludeLabels",
		`{"definition":{"units":"x"}}`:                              "definition.units: there is no such key; allowed: unit, leadTimeStart, bots, redeploys, evidence, incidentWindow, hotfix, recovery, rework",
		`{"definition":{"bots":{"lead":"x"}}}`:                      "definition.bots.lead: there is no such key; allowed: pattern, leadTime, frequency",
		`{"definition":{"hotfix":{"label":"x"}}}`:                   "definition.hotfix.label: there is no such key; allowed: labels, branches",
		`{"collect":{"interval":"1h"}}`:                             "collect.interval: there is no such key; allowed: every, backfill",
		`{"store":{"file":"x"}}`:                                    "store.file: there is no such key; allowed: type, path, address, database, user, tls, use, dataset",
		// values that are none of the allowed
		`{"sources":[{"id":"g","type":"gitlab","repositories":["a/b"],"deployments":{"from":"deployments","environment":"live"}}]}`: `sources[0].deployments.environment: is not allowed with from: deployments, which name their environments; allowed with from: pipelines, releases, tags, merges`,
		`{"sources":[{"id":"g","type":"gitlab","repositories":["a/b"],"incidents":{"labels":["incident"]}}]}`:                       `sources[0].incidents.labels: is not allowed with from: type; allowed with from: labels`,
		`{"sources":[{"id":"g","type":"gitlab","repositories":["a/b"],"incidents":{"from":"none","severity":"sev(1)"}}]}`:           `sources[0].incidents.severity: is not allowed with from: none; allowed with from: type, labels`,
		`{"sources":[{` + github + `}],"services":[{"name":"a","deployments":[{"source":"github","code":{"source":"gitlab"}}]}]}`:   `services[0].deployments[0].code.source: "gitlab" is no source's id; allowed: github`,
		`{"sources":[{"id":"github","type":"gitea","repositories":["a/b"]}]}`:                                                       `sources[0].type: "gitea" is not allowed; allowed: github`,
		`{"sources":[{` + github + `,"deployments":{"from":"pushes"}}]}`:                                                            `sources[0].deployments.from: "pushes" is not allowed; allowed: deployments, workflow_runs, releases, tags, merges`,
		// keys that do not go together
		`{"sources":[{` + github + `,"deployments":{"workflow":"^deploy"}}]}`:                  "sources[0].deployments.workflow: is not allowed with from: deployments; allowed with from: workflow_runs",
		`{"sources":[{` + github + `,"deployments":{"from":"merges","branch":"main"}}]}`:       "sources[0].deployments.branch: is not allowed with from: merges; allowed with from: workflow_runs",
		`{"sources":[{` + github + `,"deployments":{"from":"tags","prereleases":true}}]}`:      "sources[0].deployments.prereleases: is not allowed with from: tags; allowed with from: releases",
		`{"sources":[{` + github + `,"deployments":{"environment":"live"}}]}`:                  "sources[0].deployments.environment: is not allowed with from: deployments, which name their environments; allowed with from: workflow_runs, releases, tags, merges",
		`{"sources":[{` + github + `,"api":"rest","deployments":{"from":"releases"}}]}`:        "sources[0].deployments.from: releases is not allowed with api: rest; allowed: deployments, workflow_runs, merges, or another api",
		`{"sources":[{` + github + `,"deployments":{"from":"workflow_runs","workflow":"("}}]}`: `sources[0].deployments.workflow: "(" is not a regular expression: `,
		`{"definition":{"unit":"commits"}}`:                                                    `definition.unit: "commits" is not allowed; allowed: change, pull_request, commit`,
		`{"definition":{"leadTimeStart":"coded"}}`:                                             `definition.leadTimeStart: "coded" is not allowed; allowed: first_commit, opened, merged`,
		`{"definition":{"bots":{"leadTime":"no"}}}`:                                            `definition.bots.leadTime: "no" is not allowed; allowed: include, exclude`,
		`{"definition":{"bots":{"frequency":false}}}`:                                          `definition.bots.frequency: "false" is not allowed; allowed: include, exclude`,
		`{"definition":{"redeploys":"drop"}}`:                                                  `definition.redeploys: "drop" is not allowed; allowed: include, exclude`,
		`{"definition":{"evidence":["explicit","hunch"]}}`:                                     `definition.evidence[1]: "hunch" is not allowed; allowed: explicit, rollback, remedy, incident`,
		`{"definition":{"recovery":"service"}}`:                                                `definition.recovery: "service" is not allowed; allowed: deployment, incident`,
		`{"definition":{"rework":"all"}}`:                                                      `definition.rework: "all" is not allowed; allowed: fix, incident`,
		`{"store":{"type":"influxdb"}}`:                                                        `store.type: "influxdb" is not allowed; allowed: memory, sqlite, postgres`,
		`{"sources":[{` + github + `,"api":"v3"}]}`:                                            `sources[0].api: "v3" is not allowed; allowed: auto, graphql, rest`,
		// regular expressions
		`{"production":"(prod"}`:                     `production: "(prod" is not a regular expression: `,
		`{"production":""}`:                          "production: is empty; allowed: a regular expression that matches the names of production environments",
		`{"definition":{"bots":{"pattern":"["}}}`:    `definition.bots.pattern: "[" is not a regular expression: `,
		`{"definition":{"hotfix":{"branches":"*"}}}`: `definition.hotfix.branches: "*" is not a regular expression: `,
		`{"sources":[{` + github + `,"incidents":{"labels":["x"],"severity":"sev("}}]}`:                                     `sources[0].incidents.severity: "sev(" is not a regular expression: `,
		`{"services":[{"name":"a","deployments":[{"source":"github","paths":["/x"]}]}]}`:                                    `services[0].deployments[0].paths[0]: "/x" is not allowed; allowed: a path from the repository's root`,
		`{"sources":[{` + github + `}],"services":[{"name":"a","deployments":[{"source":"github","environment":"(?P<"}]}]}`: `services[0].deployments[0].environment: "(?P<" is not a regular expression: `,
		`{"production":"` + strings.Repeat("a", 1001) + `"}`:                                                                "production: the regular expression has 1001 bytes, at most 1000 are allowed",
		// lengths of time
		`{"collect":{"every":"soon"}}`:              `collect.every: "soon" is not a duration: allowed is a whole number with s, m, h, d or w, such as 24h or 365d`,
		`{"collect":{"every":3600}}`:                `collect.every: "3600" is not a duration: allowed is a whole number with s, m, h, d or w, such as 24h or 365d`,
		`{"collect":{"every":"1.5h"}}`:              `collect.every: "1.5h" is not a duration: allowed is a whole number with s, m, h, d or w, such as 24h or 365d`,
		`{"collect":{"every":"30s"}}`:               "collect.every: 30s is too short; allowed: 1m or longer",
		`{"collect":{"backfill":"0d"}}`:             "collect.backfill: 0",
		`{"collect":{"backfill":"-1d"}}`:            `collect.backfill: "-1d" is not a duration`,
		`{"collect":{"backfill":"99999w"}}`:         `collect.backfill: "99999w" is not a duration`,
		`{"definition":{"incidentWindow":"a day"}}`: `definition.incidentWindow: "a day" is not a duration`,
		`{"definition":{"incidentWindow":"0h"}}`:    "definition.incidentWindow: 0",
		// names
		`{"sources":[{` + github + `},{` + github + `}]}`:                      `sources[1].id: "github" is there twice; each source needs an id of its own`,
		`{"sources":[{"type":"github","repositories":["a/b"]}]}`:               `sources[0].id: "" is not allowed; allowed: 1 to 64 letters, digits, - and _, the first a letter or digit`,
		`{"sources":[{"id":"my.hub","type":"github","repositories":["a/b"]}]}`: `sources[0].id: "my.hub" is not allowed; allowed: 1 to 64 letters`,
		`{"sources":[{"id":"github","repositories":["a/b"]}]}`:                 "sources[0].type: is missing; allowed: github",
		`{"services":[{"team":"a"}]}`:                                          "services[0].name: is missing",
		`{"services":[{"name":"a"},{"name":"a"}]}`:                             `services[1].name: "a" is there twice; each service needs a name of its own`,
		`{"services":[{"name":"a","deployments":[{"source":"hub"}]}]}`:         `services[0].deployments[0].source: "hub" is no source's id; allowed: nothing, for no source is configured`,
		// rules
		`{"services":[{"match":{}}]}`:                                           "services[0].match: says nothing; allowed: at least one of source, repository, group, topic, property, environment, tier, task, tagPrefix, path",
		`{"services":[{"match":{"repository":"^a/(.*)$"}}]}`:                    `services[0].match.repository: "^a/(.*)$" is not allowed: it is no regular expression; allowed: *, ** and ? for any text, and {word} for what is remembered, such as acme/{service}`,
		`{"services":[{"match":{"repository":"a/{service}"},"team":"{team}"}]}`: `services[0].team: {team} is in no pattern of match; allowed: {repository}, {owner}, {name}, {service}`,
		`{"sources":[{` + github + `}],"services":[{"match":{"topic":"{team}"},"incidents":[{"source":"github","labels":["{service}"]}]}]}`: `services[0].incidents[0].labels[0]: {service} is in no pattern of match; allowed: {repository}, {owner}, {name}, {team}`,
		`{"services":[{"match":{"tagPrefix":"*-v"}}]}`:           `services[0].match.tagPrefix: "*-v" is not allowed: what it begins with must be told; allowed: text and {word}, such as {service}-v`,
		`{"services":[{"match":{"path":"packages/{service}"}}]}`: `services[0].match.path: "packages/{service}" is not allowed; allowed: the folders of services, from the repository's root, such as packages/{service}/**`,
		`{"services":[{"match":{"property":["x"]}}]}`:            "services[0].match.property: a list is not allowed; allowed: an object",
		`{"otherRepositories":"leave"}`:                          `otherRepositories: "leave" is not allowed; allowed: as_services, leave_out`,
		`{"sources":[{` + github + `}],"services":[{"name":"a","deployments":[{"source":"github","paths":["!x/**"]}]}]}`: `services[0].deployments[0].paths: only leaves out; allowed: at least one path without ! in front, such as packages/x/**`,
		`{"sources":[{` + github + `}],"services":[{"name":"a","deployments":[{}]}]}`:                                    `services[0].deployments[0].source: "" is no source's id; allowed: github`,
		`{"sources":[{` + github + `}],"services":[{"name":"a","incidents":[{"source":"pagerduty","service":"P"}]}]}`:    `services[0].incidents[0].source: "pagerduty" is no source's id; allowed: github`,
		// what a source reads
		`{"sources":[{"id":"github","type":"github"}]}`:                                           "sources[0].repositories: is missing; allowed: a list of " + repositories,
		`{"sources":[{"id":"github","type":"github","repositories":["one"]}]}`:                    `sources[0].repositories[0]: "one" is not allowed; allowed: ` + repositories,
		`{"sources":[{"id":"github","type":"github","repositories":["a/b","a/b/c"]}]}`:            `sources[0].repositories[1]: "a/b/c" is not allowed; allowed: ` + repositories,
		`{"sources":[{"id":"github","type":"github","repositories":["https://github.com/a/b"]}]}`: `sources[0].repositories[0]: "https://github.com/a/b" is not allowed`,
		`{"sources":[{"id":"github","type":"github","repositories":"a/b"}]}`:                      `sources[0].repositories: "a/b" is not allowed; allowed: a list`,
		`{"sources":[{` + github + `,"incidents":{}}]}`:                                           "sources[0].incidents.labels: is missing; allowed: a list of labels, of which an incident has at least one",
		`{"sources":[{` + github + `,"url":"github.example"}]}`:                                   "sources[0].url: is not an address; allowed: https://HOST or http://HOST with a path",
		`{"sources":[{` + github + `,"url":"ftp://github.example"}]}`:                             "sources[0].url: is not an address; allowed: https://HOST or http://HOST with a path",
		`{"sources":[{` + github + `,"graphqlUrl":"/graphql"}]}`:                                  "sources[0].graphqlUrl: is not an address; allowed: https://HOST or http://HOST with a path",
		// keys of other systems
		`{"sources":[{` + github + `,"alerts":{"only":["a=b"]}}]}`:               "sources[0].alerts: is not allowed with type github; allowed: with type alertmanager",
		`{"sources":[{"id":"a","type":"webhook","alerts":{"service":"x"}}]}`:     "sources[0].alerts: is not allowed with type webhook; allowed: with type alertmanager",
		`{"sources":[{"id":"a","type":"alertmanager","repositories":["a/b"]}]}`:  "sources[0].repositories: is not allowed with type alertmanager, of which nothing is read; allowed: id, type and, with type alertmanager, alerts",
		`{"sources":[{"id":"a","type":"webhook","url":"https://x"}]}`:            "sources[0].url: is not allowed with type webhook, of which nothing is read; allowed: id, type and, with type alertmanager, alerts",
		`{"sources":[{"id":"a","type":"webhook","alerts":{}}]}`:                  "sources[0].alerts: is not allowed with type webhook; allowed: with type alertmanager",
		`{"sources":[{"id":"a","type":"webhook","url":{}}]}`:                     "sources[0].url: an object is not allowed; allowed: text",
		`{"sources":[{"id":"a","type":"webhook","uri":"https://x"}]}`:            "sources[0].uri: there is no such key; allowed: id, type",
		`{"sources":[{"id":"a","type":"alertmanager","alerts":{"only":["a"]}}]}`: `sources[0].alerts.only[0]: "a" is not allowed; allowed: name=value, such as severity=critical`,
		// the store
		`{"store":{"type":"sqlite"}}`:                                              "store.path: is missing; a sqlite store needs the path of its file",
		`{"store":{"type":"memory","path":"x"}}`:                                   "store.path: is not allowed with store.type memory; allowed: leave it out, or store.type sqlite",
		`{"store":{"type":"postgres","database":"d","user":"u"}}`:                  "store.address: is missing; a postgres store needs the address of its server, such as db.example.org:5432",
		`{"store":{"type":"postgres","address":"db","user":"u"}}`:                  "store.database: is missing; a postgres store needs the name of its database",
		`{"store":{"address":"db","database":"d"}}`:                                "store.user: is missing; a postgres store needs the user that logs in",
		`{"store":{"type":"sqlite","path":"x","address":"db"}}`:                    "store.address: is not allowed with store.type sqlite; allowed: leave it out, or store.type postgres",
		`{"store":{"type":"sqlite","path":"x","tls":"verify"}}`:                    "store.tls: is not allowed with store.type sqlite; allowed: leave it out, or store.type postgres",
		`{"store":{"address":"db","database":"d","user":"u","tls":"prefer"}}`:      `store.tls: "prefer" is not allowed; allowed: verify, require, disable`,
		`{"store":{"type":"sqlite","path":"x","use":"replica"}}`:                   "store.use: is not allowed with store.type sqlite; allowed: leave it out, or store.type postgres",
		`{"store":{"address":"db","database":"d","user":"u","use":"standby"}}`:     `store.use: "standby" is not allowed; allowed: primary, replica`,
		`{"store":{"address":"postgres://u:hush@db/d","database":"d","user":"u"}}`: "store.address: is no address of a server; allowed: a host and a port",
		// owners
		`{"owners":[{}]}`:                                                        "owners[0].from: is missing; allowed: csv, codeowners, topics, properties, groups",
		`{"owners":[{"from":"wiki"}]}`:                                           `owners[0].from: "wiki" is not allowed; allowed: csv, codeowners, topics, properties, groups`,
		`{"owners":[{"from":"csv"}]}`:                                            "owners[0].text: is missing; allowed: lines of service,team or repository,team, or none where a source of type csv has them",
		`{"owners":[{"from":"backstage"}]}`:                                      "owners[0].from: needs a source of type backstage, which is read",
		`{"owners":[{"from":"github_teams","permission":"pull"}]}`:               `owners[0].permission: "pull" is not allowed; allowed: write, maintain, admin`,
		`{"owners":[{"from":"csv","permission":"admin","text":"service,team"}]}`: "owners[0].permission: is not allowed with from: csv; allowed: leave it out",
		`{"owners":[{"from":"topics"}]}`:                                         "owners[0].pattern: is missing; allowed: a regular expression whose first group is the team",
		`{"owners":[{"from":"properties"}]}`:                                     "owners[0].property: is missing; allowed: the name of the property",
		`{"owners":[{"from":"codeowners","depth":2}]}`:                           "owners[0].depth: is not allowed with from: codeowners; allowed: leave it out",
		`{"owners":[{"from":"groups","depth":-1}]}`:                              "owners[0].depth: -1 is not allowed; allowed: a number from 1, or none",
		`{"owners":[{"from":"groups","source":"x"}]}`:                            `owners[0].source: "x" is no source's id`,
		`{"owners":[{"from":"csv","text":"service,team\na\nb,"}]}`:               "owners[0].text: line 2: has 1 columns; allowed: 2, and ; between several teams; line 3: names no team",
		`{"teams":[{"also":["x"]}]}`:                                             "teams[0].name: is missing",
		`{"teams":[{"name":"(unowned)"}]}`:                                       "teams[0].name: (unowned) stands for services that nobody owns; allowed: another name",
		`{"teams":[{"name":"A","also":["x"]},{"name":"B","also":["X"]}]}`:        `teams[1].also: "X" is the team "A" already; allowed: each name in one team`,
		`{"services":[{"name":"a","teams":["(unowned)"]}]}`:                      "services[0].team: (unowned) stands for services that nobody owns; allowed: another name, or none",
		// other shapes
		`{"sources":{"github":{}}}`: "sources: an object is not allowed; allowed: a list",
		`{"sources":[null]}`:        "sources[0]: is empty",
		`{"store":"memory"}`:        `store: "memory" is not allowed; allowed: an object with type, path, address, database, user, tls, use, dataset`,
		`{"definition":[]}`:         "definition: a list is not allowed; allowed: an object with unit, ",
	} {
		_, err := parse(t, text, nil)
		var mistake *strict.Error
		if assert.ErrorAs(t, err, &mistake, text) {
			assert.True(t, strings.HasPrefix(err.Error(), want), "%s\n got: %s\nwant: %s", text, err, want)
			assert.NotContains(t, err.Error(), "\n", "one mistake, one error")
		}
	}
}

func TestAnAppIsConfiguredWhollyAndInPlaceOfAToken(t *testing.T) {
	const app = `{"sources":[{` + github + `,"appId":7,"installationId":42000000}]}`
	const key = "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----"
	s, err := parse(t, app, map[string]string{"sources.github.appPrivateKey": key})
	require.NoError(t, err)
	own := asGitHub(s)
	assert.Equal(t, "7", own.AppID)
	assert.Equal(t, "42000000", own.InstallationID)
	for name, c := range map[string]struct {
		text    string
		secrets map[string]string
		want    string
	}{
		"a token as well": {app, map[string]string{"sources.github.appPrivateKey": key, "sources.github.token": "ghp"},
			"sources.github.token: is not allowed with a GitHub App; allowed: this secret, or appId, installationId and the secret sources.github.appPrivateKey"},
		"no key": {app, nil, "sources.github.appPrivateKey: is missing; a GitHub App needs appId, installationId and this secret"},
		"a path in place of the key": {app, map[string]string{"sources.github.appPrivateKey": "/etc/app.pem"},
			"sources.github.appPrivateKey: is not a private key; allowed: the file in PEM that GitHub hands out for the App"},
		"no App": {`{"sources":[{` + github + `,"installationId":42}]}`, map[string]string{"sources.github.appPrivateKey": key},
			"sources[0].appId: is missing; a GitHub App needs appId, installationId and the secret sources.github.appPrivateKey"},
		"no installation": {`{"sources":[{` + github + `,"appId":"Iv23"}]}`, map[string]string{"sources.github.appPrivateKey": key},
			"sources[0].installationId: is missing; a GitHub App needs appId, installationId and the secret sources.github.appPrivateKey"},
		"an address in place of a number": {`{"sources":[{` + github + `,"appId":7,"installationId":"installations/42"}]}`, map[string]string{"sources.github.appPrivateKey": key},
			"sources[0].installationId: is not allowed; allowed: the number at the end of the installation's address"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, c.text, c.secrets)
			assert.EqualError(t, err, c.want)
		})
	}
}

func TestRunsOfAWorkflowMayBeDeployments(t *testing.T) {
	s, err := parse(t, `{"sources":[{`+github+`,"deployments":{"from":"workflow_runs","workflow":"^deploy","branch":"main"}}]}`, nil)
	require.NoError(t, err)
	d := asGitHub(s).Deployments
	assert.Equal(t, hub.FromWorkflowRuns, d.From)
	assert.True(t, d.Workflow.Match("deploy to production"))
	assert.Equal(t, "main", d.Branch)
	assert.Equal(t, "production", d.Target(), "which the default of production matches")
	assert.True(t, s.Production.Match(d.Target()))
}

func TestWhatIsLeftOverFromAnotherTypeAndSaysNothingIsNoMistake(t *testing.T) {
	_, err := parse(t, `{"sources":[{"id":"a","type":"webhook","url":"","repositories":[],"deployments":{},"incidents":null}]}`, nil)
	assert.NoError(t, err)
}

func TestAllMistakesAreToldTogether(t *testing.T) {
	_, err := parse(t, `{"sources":[{"id":"","url":"nowhere"}],"collect":{"every":"1s"}}`, nil)
	var joined interface{ Unwrap() []error }
	require.True(t, errors.As(err, &joined))
	assert.Len(t, joined.Unwrap(), 5)
}

func TestKeysThatBelongToGrafanaAreLeftAlone(t *testing.T) {
	_, err := parse(t, `{"timeout":30,"tlsSkipVerify":true,"httpHeaderName1":"X","oauthPassThru":false,"keepCookies":["a"],"pdcInjected":false,
		"sources":[{`+github+`}]}`, nil)
	assert.NoError(t, err)
}

func TestWhatLooksLikeANumberOrABooleanIsTakenAsText(t *testing.T) {
	s, err := parse(t, `{"sources":[{"id":42,"type":"github","repositories":["example-health/booking"],"incidents":{"labels":[1,true]}}],
		"services":[{"name":2026,"team":7,"deployments":[{"source":42,"repository":"example-health/booking","tagPrefix":1.5}]}],"store":{"type":"memory","dataset":9}}`, nil)
	require.NoError(t, err)
	assert.Equal(t, "42", s.Sources[0].ID)
	assert.Equal(t, []string{"1", "true"}, asGitHub(s).Incidents.Labels)
	assert.Equal(t, "2026", s.Services[0].Name)
	assert.Equal(t, "7", s.Services[0].Team)
	assert.Equal(t, "1.5", s.Services[0].Deployments[0].TagPrefix)
	assert.Equal(t, "9", s.Store.Dataset)
}

func TestAPathAloneMeansAStoreInThatFile(t *testing.T) {
	s, err := parse(t, `{"store":{"path":"dora.db"}}`, nil)
	require.NoError(t, err)
	assert.Equal(t, settings.Store{Type: settings.StoreSQLite, Path: "dora.db"}, s.Store)
}

func TestASourceGetsItsOwnSecretsAlone(t *testing.T) {
	s, err := parse(t, `{"sources":[{`+github+`},{"id":"github-2","type":"github","repositories":["other/*"]}]}`, map[string]string{
		"sources.github.token":   " one\n",
		"sources.github-2.token": "two",
		"sources.github-2.other": "else",
		"sources.github.removed": "",
		"sources.gone.token":     "three",
		"webhooks.secret":        "four",

		"sources.github.webhookSecret": "five",
	})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"token": "one", "webhookSecret": "five"}, s.Sources[0].Secrets)
	assert.Equal(t, map[string]string{"token": "two", "other": "else", "webhookSecret": "four"}, s.Sources[1].Secrets)
}

const secret = "hunter2-hunter2"

func TestSecretsStayOutOfErrorsAndJSON(t *testing.T) {
	secrets := map[string]string{"sources.github.token": secret, "sources.git.hub.token": secret, "webhooks.secret": secret}
	s, err := parse(t, `{"sources":[{`+github+`}]}`, secrets)
	require.NoError(t, err)
	require.Equal(t, secret, s.Sources[0].Secrets["token"])
	text, err := json.Marshal(s)
	require.NoError(t, err)
	assert.NotContains(t, string(text), secret)

	for _, wrong := range []string{
		`{"sources":[{` + github + `,"url":"https://` + secret + `@github.example"}]}`,
		`{"sources":[{` + github + `,"url":"https://user:` + secret + `@github.example/api/v3"}]}`,
		`{"sources":[{` + github + `,"graphqlUrl":"https://user:` + secret + `@github.example/graphql"}]}`,
		`{"sources":[{` + github + `,"url":"https://user:` + secret + `@git hub.example:x"}]}`,
		`{"sources":[{` + github + `,"repositories":["https://` + secret + `@github.com/a/b"]}]}`,
		`{"sources":[{"id":"git.hub","type":"gitea"}],"store":{"type":"sqlite"}}`,
	} {
		_, err := parse(t, wrong, secrets)
		require.Error(t, err, wrong)
		assert.NotContains(t, err.Error(), secret)
	}
	_, err = parse(t, `{"sources":[{`+github+`,"url":"https://user:`+secret+`@github.example"}]}`, nil)
	assert.EqualError(t, err, "sources[0].url: must not contain a user or password; a token belongs in the source's secret")
}

func TestSettingsReadBackFromTheirJSONAreTheSame(t *testing.T) {
	before, err := parse(t, `{"sources":[{`+github+`,"deployments":{"from":"deployments"},"incidents":{"labels":["incident"],"severity":"^sev(\\d)$"}}],
		"services":[{"name":"a","team":"b","deployments":[{"source":"github","repository":"example-health/a","environment":"^live$","tagPrefix":"a-v"}],
		"incidents":[{"source":"github","labels":["x"],"excludeLabels":["y"]}]}],"production":"^p$","collect":{"every":"90m","backfill":"2w"},"store":{"path":"x.db","dataset":"d"}}`, nil)
	require.NoError(t, err)
	text, err := json.Marshal(before)
	require.NoError(t, err)
	after, err := parse(t, string(text), nil)
	require.NoError(t, err)
	again, err := json.Marshal(after)
	require.NoError(t, err)
	assert.JSONEq(t, string(text), string(again))
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"sources":[{` + github + `}]}`, `{"sources":[{"id":"x","url":"://"}]}`, `{"services":[{"name":"a","deployments":[{"environment":"("}]}]}`,
		`{"definition":{"evidence":[null],"incidentWindow":"99999999999999999999w","hotfix":{"labels":{}}}}`, `{"collect":{"every":1e400}}`,
		`{"collect":{"every":"9223372036854775807s"},"store":{"path":[]}}`, `{"production":"\ud800"}`, `{"sources":[[[]]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		object, err := strict.Object(text)
		if err != nil {
			return
		}
		parsed, err := settings.Parse(systems.All, object, map[string]string{"sources.github.token": secret})
		if err != nil {
			var mistake *strict.Error
			require.ErrorAs(t, err, &mistake)
			require.NotEmpty(t, mistake.Field)
			require.NotEmpty(t, mistake.Problem)
			return
		}
		written, err := json.Marshal(parsed)
		require.NoError(t, err)
		require.NotContains(t, string(written), secret)
	})
}
