package cli_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/audit"
	"github.com/livedora/dora-datasource/pkg/goldentest"
)

// auditLines are what facts prints, and what lies within it, by the names of the docs.
var auditLines = map[string]any{
	"deployment": audit.DeploymentLine{}, "changes": audit.ChangeLine{}, "failed": audit.FailureLine{}, "overruled": audit.FailureLine{}, "evidence": audit.EvidenceLine{},
	"recovered": audit.RecoveredLine{}, "failed_run": audit.FailedRunLine{}, "unreported_run": audit.UnreportedRunLine{}, "incident": audit.IncidentLine{},
	"linked": audit.LinkedLine{}, "part": audit.PartLine{}, "unseen_runs": audit.UnseenRunsLine{}, "waiting": audit.WaitingLine{}, "unmeasured": audit.UnmeasuredLine{}, "said": audit.CorrectionLine{},
}

func TestTheDocsListTheFieldsOfFacts(t *testing.T) {
	table := goldentest.Section("command-line.md", "fields").Text(t)
	quoted := regexp.MustCompile("`([^`]+)`")
	words := func(cell string) (names []string) {
		for _, found := range quoted.FindAllStringSubmatch(cell, -1) {
			names = append(names, found[1])
		}
		return names
	}
	listed := map[string][]string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) == 4 {
			for _, name := range words(cells[1]) {
				listed[name] = words(cells[2])
			}
		}
	}
	printed := map[string][]string{}
	for name, line := range auditLines {
		for field := range fieldsOf(reflect.TypeOf(line)) {
			printed[name] = append(printed[name], field)
		}
		assert.ElementsMatch(t, printed[name], listed[name], "docs/command-line.md, the fields of %s", name)
	}
	assert.Len(t, listed, len(auditLines))

	for _, line := range lines(t, func() string { _, out, _ := run(t, tiny(t), "facts --settings FILE"); return out }()) {
		kind := line["kind"].(string)
		for field := range line {
			assert.Contains(t, listed[kind], field, kind)
		}
	}
}

// fieldsOf are the keys of a struct's JSON.
func fieldsOf(line reflect.Type) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, field := range reflect.VisibleFields(line) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name != "" && !yield(name) {
				return
			}
		}
	}
}
