package systems_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/goldentest"
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/systems"
)

var update = flag.Bool("update", false, "write the editor's document and the documentation of the systems anew")

// The editor's forms are drawn by its file, and judge by it.
func TestTheEditorKnowsTheSameSystems(t *testing.T) {
	goldentest.JSON(t, "../../src/settings/systems.json", systems.All, *update)
}

// written are the parts of files that follow from what systems declare.
var written = []struct {
	goldentest.Part
	words func() string
}{
	{goldentest.Section("configure.md", "systems"), listed},
	{goldentest.Section("connect.md", "table of systems"), connected},
	{goldentest.Section("webhooks.md", "senders"), senders},
	{goldentest.Section("configure.md", "kinds of sinks"), kindsOfSinks},
	{goldentest.Section("sinks.md", "settings of InfluxDB"), func() string { return settingsOfSink(systems.Sinks.Of("influxdb")) }},
	{goldentest.Section("sinks.md", "figures that are delivered"), deliveredKinds},
	{goldentest.Part{File: "../rest/openapi.yaml", Begin: "        # proofs, written by go tool mage golden", End: "        # end of the proofs"}, proofs},
	{goldentest.Part{File: "../rest/openapi.yaml", Begin: "    # who is posted to, written by go tool mage golden", End: "    # end of who is posted to"}, posted},
}

func TestTheDocumentationTellsTheSameSystems(t *testing.T) {
	for _, each := range written {
		each.Holds(t, each.words(), *update)
	}
}

var nouns = map[dora.Kind]string{dora.KindDeployment: "deployments", dora.KindChange: "changes", dora.KindIncident: "incidents", dora.KindRepository: "owners"}

func named(kinds []dora.Kind) string {
	var all []string
	for _, kind := range kinds {
		all = append(all, nouns[kind])
	}
	return strings.Join(all, ", ")
}

// listed is a row for each system, with its page and what it gives.
func listed() string {
	var b strings.Builder
	b.WriteString("\n| system | `type` | read from it | told by its [webhook](webhooks.md) |\n| --- | --- | --- | --- |\n")
	for _, s := range systems.All {
		fmt.Fprintf(&b, "| [%s](sources/%s.md): %s | `%s` | %s | %s |\n", s.Name, s.Type, s.Summary, s.Type, named(s.Reads), named(s.Tells))
	}
	return b.String() + "\n"
}

// connected is a row for each system, with what it gives, what it needs and what a reading costs.
func connected() string {
	var b strings.Builder
	b.WriteString("\n| system | deployments | changes | incidents | webhook | needs, to read only | requests at first | and later |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, s := range systems.All {
		gives := func(kind dora.Kind) string {
			switch {
			case slices.Contains(s.Reads, kind):
				return "read"
			case slices.Contains(s.Tells, kind):
				return "told"
			}
			return ""
		}
		webhook, needs := "", "nothing"
		if s.Webhook != nil {
			webhook = "yes"
		}
		if len(s.Permissions) > 0 {
			var all []string
			for _, p := range s.Permissions {
				name := "`" + p.Name + "`"
				if p.When != nil {
					name = "perhaps " + name
				}
				all = append(all, name)
			}
			needs = strings.Join(all, ", ")
		}
		initial, refresh := costs(s)
		fmt.Fprintf(&b, "| [%s](sources/%s.md) | %s | %s | %s | %s | %s | %s | %s |\n", s.Name, s.Type, gives(dora.KindDeployment), gives(dora.KindChange), gives(dora.KindIncident), webhook, needs, initial, refresh)
	}
	return b.String() + "\n"
}

// The examples of the documentation are the files that a test collects with.
func TestTheDocumentationShowsTheExamples(t *testing.T) {
	const folder = "../../provisioning/examples"
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(folder, file.Name()))
		require.NoError(t, err)
		name := strings.TrimSuffix(file.Name(), ".yaml")
		goldentest.Section("connect.md", "example "+name).Holds(t, "\n```yaml\n"+string(text)+"```\n\n", *update)
	}
}

// senders are those whose webhooks are taken.
func senders() string {
	var b strings.Builder
	b.WriteString("\n| sender | source's `type` | what it tells |\n| --- | --- | --- |\n")
	for _, s := range systems.All {
		if s.Webhook != nil {
			fmt.Fprintf(&b, "| %s | `%s` | %s |\n", s.Webhook.Sender, s.Type, s.Webhook.Tells)
		}
	}
	return b.String() + "\n"
}

// proofs are the headers that prove a webhook genuine.
func proofs() string {
	var b strings.Builder
	seen := map[string]bool{}
	for _, s := range systems.All {
		if s.Webhook == nil {
			continue
		}
		for _, header := range s.Webhook.Proofs {
			if !seen[header.Name] {
				seen[header.Name] = true
				fmt.Fprintf(&b, "        - { name: %s, in: header, description: %q, schema: { type: string } }\n", header.Name, header.Description)
			}
		}
	}
	return b.String()
}

// posted are the sources that people post to.
func posted() string {
	var any, deployments []string
	for _, s := range systems.All {
		if s.Posted {
			any = append(any, s.Type)
		}
		if _, poster := s.Settings().Open(source.Given{ID: s.Type}).(source.Poster); poster {
			deployments = append(deployments, s.Type)
		}
	}
	to := "The id of a source of type " + strings.Join(any, " or ")
	return fmt.Sprintf("    posted: { name: source, in: query, required: true, description: %q, schema: { type: string } }\n", to) +
		fmt.Sprintf("    postedDeployment: { name: source, in: query, required: true, description: %q, schema: { type: string } }\n",
			to+", or of one of type "+strings.Join(deployments, " or ")+", for a deployment by its number there")
}

// kindsOfSinks is a row for each kind of sink.
func kindsOfSinks() string {
	var b strings.Builder
	b.WriteString("\n| kind | `type` |\n| --- | --- |\n")
	for _, s := range systems.Sinks {
		fmt.Fprintf(&b, "| [%s](sinks.md#%s): %s | `%s` |\n", s.Name, strings.ToLower(s.Name), s.Summary, s.Type)
	}
	return b.String() + "\n"
}

// settingsOfSink is what there is to configure.
func settingsOfSink(s *sink.System) string {
	var b strings.Builder
	b.WriteString("\n| key | meaning |\n| --- | --- |\n")
	for _, f := range s.Fields().Fields() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Key, f.Meaning)
	}
	b.WriteString("\n| way in | secrets |\n| --- | --- |\n")
	for _, way := range s.Access.Ways {
		var secrets []string
		for _, secret := range way.Secrets {
			secrets = append(secrets, "`"+sink.SecretKey("<id>", secret.Name)+"`: "+secret.Description)
		}
		fmt.Fprintf(&b, "| %s: %s | %s |\n", way.Label, way.Description, strings.Join(secrets, "<br>"))
	}
	b.WriteString("\n| the least that it must be allowed | for |\n| --- | --- |\n")
	for _, p := range s.Permissions {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.Name, p.For)
	}
	return b.String() + "\n"
}

// deliveredKinds is a row for each metric, with its statistics, of which those by default are bold.
func deliveredKinds() string {
	usual := sink.DefaultShape()
	var b strings.Builder
	b.WriteString("\n| `metric` | unit of `value` | `statistic` |\n| --- | --- | --- |\n")
	for i := range dora.Metrics {
		row := &dora.Metrics[i]
		var all []string
		for _, kind := range sink.Kinds {
			if kind.Metric != row.Key {
				continue
			}
			text := "`" + string(kind.Statistic) + "`"
			if usual.Delivers(kind) {
				text = "**" + text + "**"
			}
			all = append(all, text)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", row.Key, row.Unit, strings.Join(all, ", "))
	}
	return b.String() + "\n"
}
