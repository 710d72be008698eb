package systems_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/goldentest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// section is a part of a system's page: what follows from the declaration, and then what the folder's reference.md says
// under the same heading.
type section struct {
	title    string
	declared func(*source.System) string
	// told says that a system which is only told has it too, and bare that it may be without words of its own.
	told, bare bool
}

var sections = []section{
	{title: "Set it up in five minutes", declared: func(*source.System) string { return "" }, told: true},
	{title: "Settings", declared: settingsOf, told: true, bare: true},
	{title: "What maps to what", declared: func(*source.System) string { return "" }, told: true},
	{title: "What it cannot tell", declared: func(*source.System) string { return "" }, told: true},
	{title: "What a reading costs", declared: func(s *source.System) string { return sentence(s.Limits) }},
	{title: "Its webhook", declared: webhookOf, told: true, bare: true},
	{title: "An example", declared: func(*source.System) string { return "" }, told: true},
}

// said takes a reference apart by its headings.
func said(reference string) (parts map[string]string, titles []string) {
	parts = map[string]string{}
	for _, part := range regexp.MustCompile(`(?m)^## `).Split(reference, -1) {
		title, words, _ := strings.Cut(part, "\n")
		if title = strings.TrimSpace(title); title != "" {
			titles = append(titles, title)
			parts[title] = strings.Trim(words, "\n")
		}
	}
	return parts, titles
}

// The pages have one form, so that whoever knows one finds everything on the next.
func TestEverySystemHasAPageOfTheSameForm(t *testing.T) {
	files := map[string]bool{}
	for _, system := range systems.All {
		t.Run(system.Type, func(t *testing.T) {
			folder := "pkg/source/" + system.Type
			parts, titles := said(system.Reference)
			var allowed []string
			at := 0
			for _, each := range sections {
				if system.Told() && !each.told || each.title == "Its webhook" && system.Webhook == nil {
					continue
				}
				allowed = append(allowed, each.title)
				if parts[each.title] == "" {
					assert.True(t, each.bare, "%s/reference.md says something under ## %s", folder, each.title)
				} else if at < len(titles) && titles[at] == each.title {
					at++
				}
			}
			assert.Equal(t, len(titles), at, "%s/reference.md has these headings in this order, and begins with one: %s", folder, strings.Join(allowed, "; "))
			if !system.Told() {
				initial, refresh := costs(system)
				assert.True(t, initial != "" && refresh != "", "%s/reference.md has a table with the rows %q and %q under ## What a reading costs, and what was measured", folder, firstReading, idleRefresh)
			}
			assert.Contains(t, parts["An example"], "type: "+system.Type)
			file := "../../docs/sources/" + system.Type + ".md"
			files[filepath.Base(file)] = true
			goldentest.Whole(t, file, page(system, parts), *update)
		})
	}
	there, err := filepath.Glob("../../docs/sources/*")
	require.NoError(t, err)
	for _, file := range there {
		assert.True(t, files[filepath.Base(file)], "%s is of no system", file)
		if *update && !files[filepath.Base(file)] {
			require.NoError(t, os.Remove(file))
		}
	}
}

func page(s *source.System, said map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- written by go tool mage golden from what pkg/source/%s declares and says in its reference.md -->\n# %s\n\n`type: %s` is %s.", s.Type, s.Name, s.Type, s.Summary)
	if len(s.Reads) > 0 {
		fmt.Fprintf(&b, " Read from it: %s.", named(s.Reads))
	} else {
		b.WriteString(" Nothing is read from it.")
	}
	if len(s.Tells) > 0 {
		fmt.Fprintf(&b, " Told by its webhook: %s.", named(s.Tells))
	}
	b.WriteString("\n")
	for _, each := range sections {
		words := strings.Trim(strings.TrimSpace(each.declared(s))+"\n\n"+said[each.title], "\n")
		if words != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", each.title, words)
		}
	}
	return fromBelow(b.String())
}

// fromBelow has links that lead on from docs/ lead on from docs/sources/.
func fromBelow(text string) string {
	text = regexp.MustCompile(`\]\(([a-z-]+\.md)`).ReplaceAllString(text, "](../$1")
	return strings.ReplaceAll(text, "](sources/", "](")
}

func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func sentence(text string) string {
	if text == "" {
		return ""
	}
	return upper(text) + "."
}

// when says under which condition something is there, in front of it.
func when(w *source.When) string {
	if w == nil {
		return ""
	}
	return "with `" + w.Key + "` `" + strings.Join(w.Values, "`, `") + "`: "
}

// settingsOf is what there is to configure.
func settingsOf(s *source.System) string {
	var b strings.Builder
	if fields := s.Fields(); len(fields) > 0 {
		b.WriteString("| key | meaning |\n| --- | --- |\n")
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
		b.WriteString("\n| the least that it must be allowed | for |\n| --- | --- |\n")
		for _, p := range s.Permissions {
			fmt.Fprintf(&b, "| `%s` | %s%s |\n", p.Name, when(p.When), p.For)
		}
	}
	return b.String()
}

// webhookOf is what the system is told of us.
func webhookOf(s *source.System) string {
	if s.Webhook == nil {
		return ""
	}
	var events []string
	for _, event := range s.Webhook.Events {
		name := event.Name
		if event.When != nil {
			name += " (" + strings.TrimSuffix(strings.ReplaceAll(when(event.When), "`", ""), ": ") + ")"
		}
		events = append(events, name)
	}
	address := "GRAFANA/api/datasources/uid/UID/resources/webhooks?source=" + s.Type
	filled := strings.NewReplacer("<address>", "https://"+address, "<login>", "https://api_key:TOKEN@"+address, "<id>", s.Type, "<events>", strings.Join(events, ", ")).Replace(s.Webhook.Template)
	return fmt.Sprintf("%s. %s\n\n```text\n%s\n```\n\nTOKEN is of a service account of this Grafana, SECRET the source's webhook secret; the source's editor has this text filled in. [Webhooks](webhooks.md) says what else holds of all of them.",
		upper(s.Webhook.Tells), s.Webhook.Place, filled)
}

// What a system's page says of its cost, in a table whose other rows are its own.
const (
	firstReading = "first reading, per 1,000 events"
	idleRefresh  = "refresh when nothing changed"
)

// costs are the requests that a reading takes, as they were measured.
func costs(s *source.System) (initial, refresh string) {
	parts, _ := said(s.Reference)
	row := func(name string) string {
		found := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(name) + ` \| ([^|]+) \|`).FindStringSubmatch(parts["What a reading costs"])
		if found == nil {
			return ""
		}
		return strings.TrimSpace(found[1])
	}
	return row(firstReading), row(idleRefresh)
}
