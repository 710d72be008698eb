package source

import (
	"iter"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// HabitsKey is where the settings of a system have their rules on how repositories are deployed.
const HabitsKey = "deployments.rules"

// HabitRule is one of the rules among a source's settings that say of some repositories how they are deployed.
type HabitRule[H any] interface {
	// Fits are the patterns of the repositories that it is about, in the words of dora.Selection.
	Fits() []string
	// Says is how these are deployed.
	Says() H
}

// Habits are how the repositories of a source are deployed: as the first rule says that fits one, or else as is usual there.
type Habits[H any] struct {
	usual H
	rules []habit[H]
}

type habit[H any] struct {
	fits dora.Selection
	says H
}

// NewHabits makes them of what is usual and of the rules, in their order.
func NewHabits[H any, R HabitRule[H]](usual H, rules []R) Habits[H] {
	h := Habits[H]{usual: usual}
	for _, rule := range rules {
		h.rules = append(h.rules, habit[H]{dora.Selection{Repositories: rule.Fits()}, rule.Says()})
	}
	return h
}

// Of is how a repository is deployed, by the name that it has now.
func (h *Habits[H]) Of(repository string) H {
	for i := range h.rules {
		if h.rules[i].fits.Takes(repository) {
			return h.rules[i].says
		}
	}
	return h.usual
}

// All yields every habit that there may be: what is usual, and what each rule says.
func (h *Habits[H]) All() iter.Seq[H] {
	return func(yield func(H) bool) {
		if !yield(h.usual) {
			return
		}
		for i := range h.rules {
			if !yield(h.rules[i].says) {
				return
			}
		}
	}
}

// Habitual are settings with rules on how repositories are deployed.
type Habitual interface {
	// HabitsOf are the patterns of each rule, in order.
	HabitsOf() [][]string
}

// FitsOf are the patterns of each of some rules.
func FitsOf[H any, R HabitRule[H]](rules []R) [][]string {
	fits := make([][]string, len(rules))
	for i, rule := range rules {
		fits[i] = rule.Fits()
	}
	return fits
}

// HabitsField is the field of the rules, of which each has patterns of repositories, in the form that the source's own have,
// and what the fields of deployments say otherwise of all.
func HabitsField(repositories *Form, example string, deployments []Field) Field {
	rule := []Field{{
		Key: "repositories", Kind: Globs, Label: "Repositories", Description: "That it is about. One a line, with * for any; ! in front leaves out.",
		Example: example, Lines: 3, Required: "a list of " + repositories.Allowed, Form: repositories,
		Meaning: "those that the rule is about, in the words of the source's own",
	}}
	for _, f := range deployments {
		f.Key = inner(f.Key)
		if f.When != nil {
			when := *f.When
			when.Key = inner(when.Key)
			f.When = &when
		}
		rule = append(rule, f)
	}
	return Field{
		Key: HabitsKey, Kind: Rules, Label: "Deployed otherwise", Description: "Where some repositories are deployed in another way. The first that fits a repository wins.",
		Fields: rule,
		Meaning: "a list of rules for repositories that are deployed in another way, each with `repositories` (patterns, as above; `!` in front leaves out) and the keys of `deployments`. " +
			"The first rule that fits a repository, by the name that it has now, says all of how it is deployed; what no rule fits goes by `deployments` itself. " +
			"When rules change, only the repositories are read again that are deployed otherwise by them.",
	}
}

// NorByRules adds to what is said of nothing being a deployment that rules, where there are some, found none either.
func NorByRules(rules int) string {
	if rules == 0 {
		return ""
	}
	return " Nor did the repositories that " + HabitsKey + " fits have one in the way that it says."
}
