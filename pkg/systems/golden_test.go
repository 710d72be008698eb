package systems_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/systems"
)

var update = flag.Bool("update", false, "write the editor's document and the documentation of the systems anew")

// The editor's forms are drawn by this file, and judge by it.
const editorFile = "../../src/settings/systems.json"

func TestTheEditorKnowsTheSameSystems(t *testing.T) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(systems.All))
	if *update {
		require.NoError(t, os.WriteFile(editorFile, text.Bytes(), 0o644))
	}
	known, err := os.ReadFile(editorFile)
	require.NoError(t, err)
	assert.JSONEq(t, text.String(), string(known), "go tool mage golden rewrites the file")
}

// written are the parts of files that follow from what systems declare, by file, between two lines of comment.
var written = []struct {
	file, begin, end string
	part             func() string
}{
	{"../../docs/configure.md", "<!-- the systems: written by go tool mage golden -->\n", "<!-- end of the systems -->\n", reference},
	{"../../docs/webhooks.md", "<!-- the senders: written by go tool mage golden -->\n", "<!-- end of the senders -->\n", senders},
	{"../rest/openapi.yaml", "        # proofs, written by go tool mage golden\n", "        # end of the proofs\n", proofs},
	{"../rest/openapi.yaml", "    # who is posted to, written by go tool mage golden\n", "    # end of who is posted to\n", posted},
}

func TestTheDocumentationTellsTheSameSystems(t *testing.T) {
	for _, each := range written {
		text, err := os.ReadFile(each.file)
		require.NoError(t, err)
		before, rest, found := strings.Cut(string(text), each.begin)
		require.True(t, found, "%s: %s", each.file, each.begin)
		told, after, found := strings.Cut(rest, each.end)
		require.True(t, found, "%s: %s", each.file, each.end)
		part := each.part()
		if *update {
			told = part
			require.NoError(t, os.WriteFile(each.file, []byte(before+each.begin+told+each.end+after), 0o644))
		}
		assert.Equal(t, part, told, "go tool mage golden rewrites the part of %s", each.file)
	}
}

var nouns = map[dora.Kind]string{dora.KindDeployment: "deployments", dora.KindChange: "changes", dora.KindIncident: "incidents"}

func named(kinds []dora.Kind) string {
	var all []string
	for _, kind := range kinds {
		all = append(all, nouns[kind])
	}
	return strings.Join(all, ", ")
}

// when says under which condition something is there, in front of it.
func when(w *source.When) string {
	if w == nil {
		return ""
	}
	return "with `" + w.Key + "` `" + strings.Join(w.Values, "`, `") + "`: "
}

// reference is what there is to configure of each system.
func reference() string {
	var b strings.Builder
	for _, s := range systems.All {
		fmt.Fprintf(&b, "\n### %s\n\n`type: %s`: %s.", s.Name, s.Type, s.Summary)
		if len(s.Reads) > 0 {
			fmt.Fprintf(&b, " Read from it: %s.", named(s.Reads))
		}
		if len(s.Tells) > 0 {
			fmt.Fprintf(&b, " Told by its [webhooks](webhooks.md): %s.", named(s.Tells))
		}
		b.WriteString("\n")
		if fields := s.Fields(); len(fields) > 0 {
			b.WriteString("\n| key | meaning |\n| --- | --- |\n")
			for _, f := range fields {
				fmt.Fprintf(&b, "| `%s` | %s%s |\n", f.Key, when(f.When), f.Meaning)
			}
		}
		if s.Access != nil {
			b.WriteString("\n| way in | secrets |\n| --- | --- |\n")
			for _, way := range s.Access.Ways {
				var secrets []string
				for _, secret := range way.Secrets {
					secrets = append(secrets, "`"+source.SecretKey("<id>", secret.Name)+"`: "+secret.Description)
				}
				fmt.Fprintf(&b, "| %s: %s | %s |\n", way.Label, way.Description, strings.Join(secrets, "<br>"))
			}
		}
		if len(s.Permissions) > 0 {
			var all []string
			for _, p := range s.Permissions {
				all = append(all, fmt.Sprintf("%s`%s` (%s)", when(p.When), p.Name, p.For))
			}
			b.WriteString("\nThe least that it must be allowed, to read only: " + strings.Join(all, ", ") + ".\n")
		}
		if s.Limits != "" {
			b.WriteString("\nLimits: " + s.Limits + ".\n")
		}
		if s.Reference != "" {
			b.WriteString("\n" + s.Reference)
		}
	}
	return b.String() + "\n"
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
