package plugin_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// step is what a pipeline's step runs, and in what environment.
type step struct {
	run string
	env map[string]string
}

// system is a CI system as far as the step in the docs notices.
type system struct {
	// language and marks tell its example from the others.
	language, marks string
	step            func(t *testing.T, example string) step
	// expressions are what the system itself puts into the step before it runs, by whether the job succeeded.
	expressions func(succeeded bool) []string
	// variables are those of the environment, by the names that the system's own documentation has.
	variables func(run int, succeeded bool) []string
	id        string // of the second run
	// repository is what the system calls it.
	repository string
}

// either is a word for success or one for failure.
func either(succeeded bool, yes, no string) string {
	if succeeded {
		return yes
	}
	return no
}

func only[T any](t *testing.T, example string) (whole T) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal([]byte(example), &whole), example)
	return whole
}

var ciSystems = map[string]system{
	"GitHub Actions": {
		language: "yaml", marks: "actions/checkout", id: "9001-1-deploy", repository: "example-health/booking",
		step: func(t *testing.T, example string) step {
			steps := only[[]struct {
				Run  string
				If   string
				With map[string]int
				Env  map[string]string
			}](t, example)
			require.Contains(t, steps[0].With, "fetch-depth")
			assert.Zero(t, steps[0].With["fetch-depth"], "the whole history")
			assert.Equal(t, "always()", steps[1].If)
			return step{steps[1].Run, steps[1].Env}
		},
		expressions: func(succeeded bool) []string {
			return []string{
				"${{ job.status == 'success' && 'success' || 'failure' }}", either(succeeded, "success", "failure"),
				"${{ vars.LIVEDORA }}", "ADDRESS", "${{ secrets.LIVEDORA_TOKEN }}", "TOKEN",
			}
		},
		variables: func(run int, _ bool) []string {
			return []string{fmt.Sprintf("GITHUB_RUN_ID=900%d", run), "GITHUB_RUN_ATTEMPT=1", "GITHUB_JOB=deploy", "GITHUB_REPOSITORY=example-health/booking"}
		},
	},
	"GitLab CI": {
		language: "yaml", marks: "after_script", id: "811", repository: "example-health/booking",
		step: func(t *testing.T, example string) step {
			job := only[map[string]struct {
				Variables   map[string]int
				AfterScript []string `yaml:"after_script"`
			}](t, example)["deploy"]
			require.Contains(t, job.Variables, "GIT_DEPTH")
			assert.Zero(t, job.Variables["GIT_DEPTH"], "the whole history")
			return step{run: strings.Join(job.AfterScript, "\n")}
		},
		expressions: func(bool) []string { return nil },
		variables: func(run int, succeeded bool) []string {
			return []string{fmt.Sprintf("CI_JOB_ID=81%d", run), "CI_PROJECT_PATH=example-health/booking", "CI_JOB_STATUS=" + either(succeeded, "success", "failed"), "LIVEDORA=ADDRESS", "LIVEDORA_TOKEN=TOKEN"}
		},
	},
	"Azure Pipelines": {
		language: "yaml", marks: "checkout: self", id: "71-production-1", repository: "example-health/booking",
		step: func(t *testing.T, example string) step {
			steps := only[[]struct {
				FetchDepth *int `yaml:"fetchDepth"`
				Script     string
				Condition  string
				Env        map[string]string
			}](t, example)
			require.NotNil(t, steps[0].FetchDepth)
			assert.Zero(t, *steps[0].FetchDepth, "the whole history")
			assert.Equal(t, "always()", steps[1].Condition)
			return step{steps[1].Script, steps[1].Env}
		},
		expressions: func(bool) []string { return []string{"$(LIVEDORA)", "ADDRESS", "$(LIVEDORA_TOKEN)", "TOKEN"} },
		variables: func(run int, succeeded bool) []string {
			return []string{
				fmt.Sprintf("BUILD_BUILDID=7%d", run), "SYSTEM_STAGENAME=production", "SYSTEM_STAGEATTEMPT=1", "BUILD_REPOSITORY_NAME=example-health/booking",
				"AGENT_JOBSTATUS=" + either(succeeded, []string{"Succeeded", "SucceededWithIssues"}[run/2], []string{"Failed", "Canceled"}[run/2]),
			}
		},
	},
	"Jenkins": {
		language: "groovy", marks: "withCredentials", id: "jenkins-example-health-booking-release-2F1.2-1", repository: "example-health/booking",
		step: func(t *testing.T, example string) step {
			found := regexp.MustCompile(`(?m)^\s*sh "(.*)"$`).FindStringSubmatch(example)
			require.NotNil(t, found, example)
			return step{run: found[1]}
		},
		expressions: func(succeeded bool) []string {
			return []string{"${currentBuild.currentResult == 'SUCCESS' ? 'success' : 'failure'}", either(succeeded, "success", "failure"), "${env.BUILD_TAG}", "BUILD-TAG"}
		},
		variables: func(run int, _ bool) []string {
			return []string{fmt.Sprintf("BUILD_TAG=jenkins-example-health-booking-release%%2F1.2-%d", run), "LIVEDORA=ADDRESS", "LIVEDORA_TOKEN=TOKEN"}
		},
	},
}

func TestEachPipelinesStepRunsWithWhatItsSystemGives(t *testing.T) {
	for name, s := range ciSystems {
		t.Run(name, func(t *testing.T) {
			var example string
			for _, each := range examples(t, "webhooks.md", s.language) {
				if strings.Contains(each, s.marks) {
					example = each
				}
			}
			require.NotEmpty(t, example)
			does := s.step(t, example)
			viewer, editor, admin := shown(t, "webhooks.md")
			address := front(t, viewer, editor, admin) + "/api/datasources/uid/livedora/resources"
			given := strings.NewReplacer("ADDRESS", address, "TOKEN", "token-of-Editor")
			dir := t.TempDir()
			shell(t, dir, examples(t, "webhooks.md", "sh")[0]+`
				git init -q -b main && git config user.name dev-01 && git config user.email dev-01@example.org && git commit -q --allow-empty -m one`)
			for run, succeeded := range []bool{true, false, true, false} {
				var environment []string
				expressions := s.expressions(succeeded)
				for _, variable := range s.variables(run, succeeded) {
					variable = strings.Replace(variable, "=ADDRESS", "="+address, 1)
					environment = append(environment, strings.Replace(variable, "=TOKEN", "=token-of-Editor", 1))
					if value, is := strings.CutPrefix(variable, "BUILD_TAG="); is { // Groovy puts it in
						expressions = append(expressions, "BUILD-TAG", value)
					}
				}
				evaluate := func(text string) string {
					for n := 0; n < len(expressions); n += 2 {
						text = strings.ReplaceAll(text, expressions[n], expressions[n+1])
					}
					return text
				}
				for key, value := range does.env {
					environment = append(environment, key+"="+given.Replace(evaluate(value)))
				}
				command := evaluate(does.run)
				require.NotContains(t, command, "${", "an expression of the system's that this test does not know")
				shell(t, dir, command, environment...)
			}
			viewer.waitFor("v1/deployments?repository="+s.repository, func(a answered) bool { return len(a.listed("id")) == 2 })
			viewer.waitFor("v1/facts", func(a answered) bool {
				return strings.Count(string(a.body), `"kind":"failed_run"`) == 2 && strings.Contains(string(a.body), `"kind":"failed_run","id":"ci:deployment:`+s.id+`"`)
			})
		})
	}
}
