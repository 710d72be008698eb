package mapping_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/mapping"
)

func told(source string, repositories ...string) (all []mapping.Told) {
	for _, name := range repositories {
		all = append(all, mapping.Told{Source: source, Repository: name, Deployed: true})
	}
	return all
}

func rule(name, team string, match dora.Match) dora.Service {
	return dora.Service{Match: &match, Name: name, Team: team}
}

func explicit(name, source, repository string) dora.Service {
	return dora.Service{Name: name, Deployments: []dora.DeploymentRule{{Source: source, Repository: repository}}}
}

func expand(keep bool, all []mapping.Told, entries ...dora.Service) mapping.Expansion {
	return mapping.Expand(&dora.Mapping{Services: entries, KeepOthers: keep, Production: dora.DefaultProduction}, all)
}

func names(x mapping.Expansion) (all []string) {
	for _, s := range x.Services {
		name := s.Name
		if s.Team != "" {
			name += " of " + s.Team
		}
		all = append(all, name)
	}
	return all
}

func TestARuleNamesServicesAndTeamsByWhatItRemembersOfNames(t *testing.T) {
	x := expand(true, told("github", "acme/front-Web", "acme/back-api", "other/tools"),
		rule("{service}", "{team}", dora.Match{Repository: dora.MustShape("acme/{team}-{service}")}))
	assert.Equal(t, []string{"Web of front", "api of back", "other/tools"}, names(x), "and what no entry takes stays a service of its own")
	assert.Equal(t, [][]int{{0}, {0}, nil}, x.Origins)
	assert.Equal(t, []dora.DeploymentRule{{Source: "github", Repository: "acme/front-Web"}}, x.Services[0].Deployments)
	assert.Equal(t, []dora.IncidentRule{{Source: "github", Repository: "acme/front-Web"}}, x.Services[0].Incidents, "with the issues of its repository")
}

func TestTheFirstRuleThatFitsWinsAndServicesStandAboveAll(t *testing.T) {
	all := told("github", "acme/api", "acme/docs", "acme/web")
	x := expand(true, all,
		rule("first", "", dora.Match{Repository: dora.MustShape("acme/*s")}),
		rule("{service}", "", dora.Match{Repository: dora.MustShape("acme/{service}")}),
		explicit("gateway", "github", "acme/API"))
	assert.Equal(t, []string{"gateway", "first", "web"}, names(x))
	assert.Equal(t, []mapping.Loss{{Repository: 0, To: 2}, {Repository: 1, To: 0}}, x.Entries[1].Lost)
	assert.Equal(t, []int{2}, x.Entries[1].Repositories)
}

func TestOtherRepositoriesCanBeLeftOut(t *testing.T) {
	all := told("github", "acme/api", "acme/docs")
	assert.Equal(t, []string{"api", "acme/docs"}, names(expand(true, all, explicit("api", "github", "acme/api"))))
	assert.Equal(t, []string{"api"}, names(expand(false, all, explicit("api", "github", "acme/api"))))
	assert.Equal(t, []string{"acme/api", "acme/docs"}, names(expand(false, all)), "without entries each is one")
}

// What an entry counts from one system is not counted again as a service of its own in another.
func TestARepositoryThatAnEntryTakesIsTakenInAllSources(t *testing.T) {
	all := append(told("github", "acme/api", "acme/ops"), told("jenkins", "acme/api")...)
	all[1].Deployed = false
	api := explicit("api", "jenkins", "acme/api")
	api.Incidents = []dora.IncidentRule{{Source: "github", Repository: "acme/ops", Labels: []string{"service:api"}}}
	assert.Equal(t, []string{"api"}, names(expand(true, all, api)), "nor is a repository that holds incidents and was never deployed an application")
	all[1].Deployed = true
	assert.Equal(t, []string{"api", "acme/ops"}, names(expand(true, all, api)))
}

// A library that is read for its code has no figures; it is a service once anybody deploys it, or where settings say so.
func TestARepositoryThatWasNeverDeployedIsAServiceOnlyWhereSettingsSaySo(t *testing.T) {
	all := append(told("github", "acme/api", "acme/docs", "acme/lib", "acme/new"), told("jenkins", "acme/API")...)
	for i := range all[:4] {
		all[i].Deployed = false
	}
	assert.Equal(t, []string{"acme/api"}, names(expand(true, all)), "what another system deploys is deployed")
	assert.Equal(t, []string{"acme/new", "acme/api"}, names(expand(true, all, dora.Service{Name: "acme/new"})), "an entry may name it")
	assert.Equal(t, []string{"API of red", "api of red", "docs of red", "lib of red", "new of red"}, names(expand(true, all, rule("{service}", "red", dora.Match{Repository: dora.MustShape("acme/{service}")}))), "and so may a rule")
	all[1].Deployed = true
	assert.Equal(t, []string{"acme/api", "acme/docs"}, names(expand(true, all)))
}

func TestSeveralRepositoriesOfOneNameAreOneService(t *testing.T) {
	x := expand(true, append(told("github", "acme/shop-api", "acme/shop-web"), told("pipelines", "acme/shop-api")...),
		rule("{service}", "sales", dora.Match{Repository: dora.MustShape("acme/{service}-api")}),
		rule("{service}", "front", dora.Match{Repository: dora.MustShape("acme/{service}-web")}))
	require.Equal(t, []string{"shop of sales"}, names(x), "the first team counts")
	assert.Len(t, x.Services[0].Deployments, 3)
	assert.Equal(t, []mapping.Conflict{{Service: "shop", Teams: []string{"sales", "front"}, Entries: []int{0, 1}}}, x.Conflicts)
}

func TestARuleGoesByWhatSourcesTellOfRepositories(t *testing.T) {
	all := told("github", "acme/a", "acme/b", "acme/c")
	all[0].Topics = []string{"java", "team-red"}
	all[1].Properties = []dora.Property{{Name: "Owner", Values: []string{"blue"}}}
	all[2].Group = "acme/green"
	x := expand(false, all,
		rule("", "{team}", dora.Match{Topic: dora.MustShape("team-{team}")}),
		rule("{name}", "{team}", dora.Match{Property: map[string]dora.Shape{"owner": dora.MustShape("{team}")}}),
		rule("{name}", "{team}", dora.Match{Group: dora.MustShape("acme/{team}")}))
	assert.Equal(t, []string{"acme/a of red", "b of blue", "c of green"}, names(x))
}

func TestOneWordMeansOneThing(t *testing.T) {
	all := told("github", "acme/red-api", "acme/blue-api")
	all[0].Topics, all[1].Topics = []string{"team-red"}, []string{"team-red"}
	x := expand(false, all, rule("{service}", "{team}", dora.Match{Repository: dora.MustShape("acme/{team}-{service}"), Topic: dora.MustShape("team-{team}")}))
	assert.Equal(t, []string{"api of red"}, names(x), "the topic of the other is another team's")
}

// platform is a repository with services of its own by tags, by environments and by tasks.
func platform() []mapping.Told {
	one := told("github", "acme/platform")
	one[0].Strands = mapping.SortStrands([]mapping.Strand{
		{Environment: "production", Ref: "api-v1.2.0"}, {Environment: "production", Ref: "api-v1.3.0"}, {Environment: "production", Ref: "e-mail-v2"},
		{Environment: "prod-jobs", Ref: "main"}, {Environment: "production", Task: "deploy-search", Ref: "main"}, {Environment: "staging", Ref: "main"},
	})
	return one
}

func TestARuleMakesServicesOfPartsOfARepository(t *testing.T) {
	x := expand(true, platform(),
		rule("", "", dora.Match{Repository: dora.MustShape("acme/platform"), TagPrefix: dora.MustShape("{service}-v")}),
		rule("{service}", "", dora.Match{Environment: dora.MustShape("prod-{service}")}),
		rule("{service}", "", dora.Match{Task: dora.MustShape("deploy-{service}"), Environment: dora.MustShape("production")}),
		rule("{name}", "", dora.Match{Repository: dora.MustShape("acme/*")}))
	require.Equal(t, []string{"api", "e-mail", "jobs", "search"}, names(x))
	assert.Equal(t, "api-v", x.Services[0].Deployments[0].TagPrefix)
	assert.True(t, x.Services[2].Deployments[0].Environment.MatchFold("PROD-Jobs"))
	assert.False(t, x.Services[2].Deployments[0].Environment.MatchFold("prod-jobs-2"))
	assert.Equal(t, []mapping.Loss{{Repository: 0, To: 0}}, x.Entries[3].Lost, "a whole repository is none of which parts are taken")

	each := func(s dora.Service, d dora.Deployment) bool {
		d.Source, d.Repository = "github", "acme/platform"
		return s.Deployments[0].Matches(&d, dora.DefaultProduction)
	}
	tagged := dora.Deployment{Environment: "production", Task: "deploy-search", Ref: "api-v1.4.0"}
	assert.True(t, each(x.Services[0], tagged))
	assert.False(t, each(x.Services[3], tagged), "a deployment is of the first rule that fits")
	tagged.Ref = "main"
	assert.True(t, each(x.Services[3], tagged))
}

func TestAnExceptionTakesItsPartOfARepositoryFromARule(t *testing.T) {
	mail := explicit("mail", "github", "acme/platform")
	mail.Deployments[0].TagPrefix = "e-mail-v"
	x := expand(true, platform(), rule("{service}", "", dora.Match{TagPrefix: dora.MustShape("{service}-v")}), mail)
	assert.Equal(t, []string{"mail", "api"}, names(x))
}

func TestARuleMakesServicesOfFolders(t *testing.T) {
	one := told("github", "acme/mono")
	for _, file := range []string{"packages/api/main.go", "packages/web/src/index.ts", "packages/old/x", "README.md", "packages/*/trap"} {
		one[0].Folders = append(one[0].Folders, mapping.FoldersOf(file)...)
	}
	old := explicit("legacy", "github", "acme/mono")
	old.Deployments[0].Paths = []dora.Glob{dora.MustGlob("packages/old/**")}
	folders := rule("{service}", "", dora.Match{Path: dora.MustShape("packages/{service}/**")})
	folders.Incidents = []dora.IncidentRule{{Source: "pager", Service: "{service}-prod", Labels: []string{"service:{service}"}}}
	x := expand(true, one, folders, old)
	require.Equal(t, []string{"legacy", "api", "web"}, names(x), "what is no name of a folder makes none")
	assert.Equal(t, "packages/api/**", x.Services[1].Deployments[0].Paths[0].String())
	assert.Equal(t, []dora.IncidentRule{{Source: "pager", Service: "api-prod", Labels: []string{"service:api"}}}, x.Services[1].Incidents)
}

func TestARuleSaysWhatAServiceWouldWithItsWordsFilledIn(t *testing.T) {
	entry := rule("{service}", "", dora.Match{Repository: dora.MustShape("acme/{service}")})
	entry.Deployments = []dora.DeploymentRule{
		{Source: "jenkins", Repository: "{repository}", Environment: dora.MustPattern("^{service}-live$"), Code: &dora.Code{Source: "github"}},
		{TagPrefix: "{name}-v", Paths: []dora.Glob{dora.MustGlob("src/{service}/**")}},
	}
	x := expand(true, append(told("github", "acme/a.b"), told("jenkins", "acme/a.b")...), entry)
	require.Equal(t, []string{"a.b"}, names(x))
	first, second := x.Services[0].Deployments[0], x.Services[0].Deployments[1]
	assert.Equal(t, "jenkins acme/a.b", first.Source+" "+first.Repository)
	assert.Equal(t, `^a\.b-live$`, first.Environment.String(), "a name is no pattern")
	assert.Equal(t, "github acme/a.b a.b-v src/a.b/**", fmt.Sprint(second.Source, " ", second.Repository, " ", second.TagPrefix, " ", second.Paths[0]))
}

func TestAnEntryWithTheNameOfAServiceThatARuleMakesGivesItATeam(t *testing.T) {
	x := expand(true, told("github", "acme/api", "acme/web"),
		dora.Service{Name: "api", Team: "core"}, dora.Service{Name: "acme/web", Team: "front"},
		rule("{service}", "{owner}", dora.Match{Repository: dora.MustShape("acme/{service}i")}),
		rule("{name}", "{owner}", dora.Match{Repository: dora.MustShape("acme/api")}))
	assert.Equal(t, []string{"api of core", "acme/web of front", "ap of acme"}, names(x))
}

func TestARuleThatTakesNothingNamesWhatIsNearest(t *testing.T) {
	all := platform()
	all = append(all, told("github", "acme/payments", "acme/mail")...)
	empty := func(m dora.Match) string { r := rule("x", "", m); return mapping.Empty(&r, all, 0) }
	assert.Equal(t, `repository: "acme/pay-{service}" fits nothing; there are: acme/payments, acme/platform, acme/mail.`, empty(dora.Match{Repository: dora.MustShape("acme/pay-{service}")}))
	assert.Equal(t, `environment: "live-{service}" fits nothing; there are: prod-jobs, production, staging.`, empty(dora.Match{Repository: dora.MustShape("acme/*"), Environment: dora.MustShape("live-{service}")}))
	assert.Equal(t, "Entries before it take all that fits it.", mapping.Empty(&dora.Service{Match: &dora.Match{}}, all, 2))
}

// An organisation of 2,000 repositories, fifty rules and three hundred teams.
func BenchmarkExpand(b *testing.B) {
	var all []mapping.Told
	for i := range 2000 {
		one := told("github", fmt.Sprintf("acme/team%03d-service-%d", i%300, i))[0]
		one.Topics = []string{"java", fmt.Sprintf("squad-%d", i%50)}
		one.Strands = []mapping.Strand{{Environment: "prod"}, {Environment: "staging"}}
		all = append(all, one)
	}
	m := dora.Mapping{KeepOthers: true, Production: dora.DefaultProduction}
	for i := range 49 {
		m.Services = append(m.Services, rule("{service}", "{team}", dora.Match{Repository: dora.MustShape("acme/{team}-service-{service}"), Topic: dora.MustShape(fmt.Sprintf("squad-%d", i))}))
	}
	m.Services = append(m.Services, rule("{name}-{where}", "", dora.Match{Topic: dora.MustShape("squad-49"), Environment: dora.MustShape("pro{where}")}))
	b.ReportAllocs()
	for b.Loop() {
		if x := mapping.Expand(&m, all); len(x.Services) != 2000 {
			b.Fatal(len(x.Services))
		}
	}
}
