package jenkins

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares Jenkins.
var System = source.System{
	Type: "jenkins", Name: "Jenkins", Summary: "a controller, whose jobs deploy what another source has the code of",
	Reads: []dora.Kind{dora.KindDeployment},
	Tells: []dora.Kind{dora.KindDeployment},
	Rows: [][]source.Field{
		{
			{
				Key: "url", Kind: source.Address, Label: "URL", Description: "As people open it, with its path if it lies beneath one.", Example: "https://jenkins.example.org",
				Required: "https://HOST, with the path that Jenkins lies beneath if there is one",
				Meaning:  "the address that people open Jenkins at, with the path that it lies beneath if there is one, such as `https://HOST/jenkins`",
			},
			{
				Key: "user", Kind: source.Text, Label: "User", Description: "Whose API token it is.", Example: "live-dora", Required: "the id of the user whose API token it is",
				Meaning: "the id of the user whose API token is the secret",
			},
		},
		{
			{
				Key: "jobs", Kind: source.List, Label: "Jobs and where they deploy to", Description: "One a line: jobs -> environment. Jobs by their full names, with * for any and ** for any below.",
				Example: "deploy/production/** -> production\nplatform/**, stage Deploy to * -> *\nops/release, parameter ENVIRONMENT -> *", Lines: 5, Required: "a list of " + ruleForms,
				Form:    &source.Form{Pattern: ruleForm, Allowed: ruleForms},
				Meaning: "which builds deploy into which environment, one line each: see below",
			},
			{
				Key: "repositories", Kind: source.Globs, Label: "Repositories", Description: "That these jobs deploy, one a line, as the source calls them that reads their code; ! in front leaves out.",
				Example: "example-health/*\n!example-health/pipeline-library", Lines: 5, Required: "a list of " + repositoryNames, Form: &source.Form{Pattern: `^!?[\w.*?~-]+([ \w.*?~-]*/[ \w.*?~-]+)+$`, Allowed: repositoryNames},
				Meaning: "repositories that builds deploy, as the source that reads their code calls them, with `*` and `?` for parts of a name and `/**` in the end for all that is below a group; `!` in front leaves out, such as a shared library. " +
					"Of what a build checked out, those count whose remote leads to one of them, over https or ssh, by a mirror or by the host itself, with `.git` or without. What is not selected any more is out of every figure [at once](operate.md#when-the-source-changes)",
			},
		},
		{
			{
				Key: "version", Kind: source.Text, Label: "Version parameter", Description: "Names the version where a build checked nothing out.", Default: defaultVersion,
				Meaning: "the parameter that names the version where a build checked nothing out, and neither did the builds that started it (absent: `VERSION`): a full sha, or a tag or an image's tag, whose commit is found in the code",
			},
		},
	},
	Access: &source.Access{
		Ways: []source.Way{{
			Option:  source.Option{Value: "token", Label: "API token", Description: "of the user"},
			Fields:  []source.Field{},
			Secrets: []source.Secret{{Name: secretToken, Label: "API token", Description: "Of that user, made at its page, Security."}},
		}},
	},
	Permissions: []source.Permission{
		{Name: "Overall/Read", For: "the controller"},
		{Name: "Job/Read", For: "the folders and jobs that are read, and the folders above them"},
	},
	Webhook: &source.Webhook{
		Sender: "Jenkins",
		Tells: "builds that end have their job read within seconds. Jenkins tells nothing by itself: a step at a pipeline's end does, or the Notification plugin. " +
			"A step is a part of its build, which ends a moment later: a stage's deployment is read at once, a whole build's with the next reading; the plugin tells of both when the build is final",
		Proofs: []source.Header{{Name: "X-Live-Dora-Secret", Description: "the secret, as a step of the pipeline sends it"}, {Name: "Authorization", Description: "Basic, with the secret as password, where nothing before the plugin takes it, as the Notification plugin sends it from an address with a log-in"}},
		Place:  "In a Jenkinsfile, with the secret in a credential of Jenkins:",
		Template: `post {
  always {
    withCredentials([string(credentialsId: 'live-dora', variable: 'SECRET')]) {
      sh '''curl -fsS --max-time 10 -H "X-Live-Dora-Secret: $SECRET" -H "Content-Type: application/json" \
        -d "{\"job\": \"$JOB_NAME\"}" "<login>" || true'''
    }
  }
}`,
	},
	Limits:    "Jenkins counts no requests. It is asked for one thing at a time, and never for a whole history",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what its page says beyond the table of keys.
//
//go:embed reference.md
var reference string

const (
	repositoryNames = "owner/name, with * and ? for parts of a name, /** for all below a group, and ! in front to leave out"
	ruleForms       = "JOBS -> ENVIRONMENT; JOBS, stage STAGE -> ENVIRONMENT; JOBS, parameter NAME or NAME=VALUE -> ENVIRONMENT; or, to leave out, !JOBS or !JOBS, parameter NAME=VALUE"
)
