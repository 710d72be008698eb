package facts_test

import (
	"strings"
	"testing"

	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// FuzzAnIncidentsText holds that a name as a whole token is always found, and that a text without one names nothing.
func FuzzAnIncidentsText(f *testing.F) {
	for _, seed := range []string{
		"", "Error rate above threshold.", "deployment_id: 9001", "#9001", "deploy \"9001 Bad\"", "deployment", "deployment“9001”", "https://forge.example/example-health/api/deployments/9001?x=1",
		"v-V1.", "v-V1-rc1", "(" + doratest.SHA("V1") + ")", strings.ToUpper(doratest.SHA("V1")), "x" + doratest.SHA("V1"), "\x00\xff9001\xff", "ü9001", "9001/9002//", "://", "v-V1" + strings.Repeat("/", 99),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"deployment 9001", "Deployed as #9001", doratest.SHA("V1"), strings.ToUpper(doratest.SHA("V1")), "v-V1"} {
			if !names(t, name+" "+text) {
				t.Errorf("%q is not found before %q", name, text)
			}
		}
		contains := false
		for _, name := range []string{"9001", doratest.SHA("V1"), "v-v1"} {
			contains = contains || strings.Contains(strings.ToLower(text), name)
		}
		if !contains && names(t, text) {
			t.Errorf("%q names a deployment and contains none's name", text)
		}
	})
}

func names(t *testing.T, text string) bool {
	repo := doratest.NewRepo(t)
	repo.Commit("V1")
	repo.Deploy("production", "V1", doratest.Hour(10))
	repo.Incident(doratest.Hour(11), text)
	return repo.Facts().Incidents[0].Names
}

// FuzzARevertsText holds that only a text that speaks of reverting takes anything back, and that its body's number
// decides whatever else it says.
func FuzzARevertsText(f *testing.F) {
	for _, seed := range [][2]string{
		{`Revert "Add x (#11)" (#12)`, ""}, {`Revert "Revert "Add x (#11)" (#12)" (#13)`, ""}, {`Revert "`, ""}, {`Revert ""`, ""}, {`Revert "#"`, ""},
		{"Undo", "Reverts example-health/api#11"}, {"", "This reverts commit " + doratest.SHA("x") + "."}, {"", "This reverts commit 0000000"},
		{`Revert "#99999999999999999999"`, "Reverts a/b#0"}, {"\xff", "reverts\n#"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, title, body string) {
		speaks := strings.HasPrefix(title, `Revert "`) || strings.Contains(strings.ToLower(body), "reverts")
		derived := reverting(t, title, body)
		if !speaks && (len(doratest.Failed(derived)) > 0 || len(doratest.Reworked(derived)) > 0 || derived.Unmeasured[facts.ReasonRevertUnresolved] > 0) {
			t.Errorf("%q, %q takes something back", title, body)
		}
		derived = reverting(t, title, "Reverts example-health/api#11\n"+body)
		if got := doratest.Failed(derived); len(got) != 1 || got[0] != "2 by remedy" {
			t.Errorf("%q, with a number in the body, blames %v", title, got)
		}
	})
}

// reverting are the facts where the last of four deployments ships a pull request with a text.
func reverting(t *testing.T, title, body string) *facts.Service {
	repo, undoes := shipped(t)
	undoes.Title, undoes.Body = title, body
	return repo.Facts()
}
