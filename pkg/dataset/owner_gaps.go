package dataset

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// OwnerGap is something amiss in who owns what: a service that nobody owns or of which places say otherwise, or something of the
// settings or of a file that matches nothing.
type OwnerGap struct {
	Kind  owners.GapKind `json:"kind"`
	About string         `json:"about"` // a service, a place of the settings, a team, or a repository
	Says  string         `json:"says"`  // a sentence
}

// OwnerGaps lists them: services first, in their order.
func (d *Dataset) OwnerGaps() []OwnerGap {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ownerGaps()
}

func (d *Dataset) ownerGaps() (all []OwnerGap) {
	rules := d.options.Settings.Owners
	for _, gap := range d.history.OwnerGaps() {
		say := func(about, format string, args ...any) {
			all = append(all, OwnerGap{gap.Kind, about, fmt.Sprintf(format, args...)})
		}
		at := fmt.Sprintf("owners[%d]", gap.Rule)
		switch gap.Kind {
		case owners.GapUnowned:
			why := "no place gives it an owner"
			switch {
			case len(gap.Names) > 0:
				why = "the catalogue names " + source.Listed(gap.Names) + ", whom it has no more"
			case len(rules) == 0:
				why = "it has no team, and owners names no place where one is found"
			}
			say(gap.About, "%s is owned by nobody: %s.", gap.About, why)
		case owners.GapDiffers:
			said := []string{gap.Finding.From + " says " + strings.Join(gap.Finding.Teams, ", ")}
			for _, other := range gap.Finding.Others {
				said = append(said, other.From+" says "+strings.Join(other.Teams, ", "))
			}
			say(gap.About, "%s: %s; the first counts.", gap.About, strings.Join(said, ", "))
		case owners.GapNothing:
			say(at, "%s (%s) gives no service an owner%s.", at, gap.About, chosenFrom(&rules[gap.Rule], gap.Among))
		case owners.GapUnknown:
			for _, name := range gap.Names {
				say(at, "%s (%s) names %q, which no service or repository is called: %s.", at, gap.About, name, strict.Among(name, gap.Among))
			}
			if gap.More > 0 {
				say(at, "%s (%s) names %d more that no service or repository is called.", at, gap.About, gap.More)
			}
		case owners.GapLine:
			say(gap.About, "CODEOWNERS of %s: line %d, %q, matches none of the files that changes of it changed.", gap.About, gap.Line, gap.Text)
		case owners.GapAlso:
			for _, name := range gap.Names {
				say(gap.About, "teams: %s: %q is found nowhere: %s.", gap.About, name, strict.Among(name, gap.Among))
			}
		}
	}
	return all
}

// chosenFrom says what there is for a place to choose from.
func chosenFrom(rule *dora.OwnerRule, among []string) string {
	if len(among) == 0 {
		return ": nothing of the kind was read"
	}
	return ": " + strict.Among(cmp.Or(rule.Pattern.String(), rule.Property), among)
}

// ofOwners says what is amiss in who owns what, where settings say where owners are found.
func (u *unmet) ofOwners(gaps []OwnerGap) {
	if len(u.settings.Owners)+len(u.settings.Teams) == 0 {
		return
	}
	names := map[owners.GapKind][]string{}
	var rest []string
	for _, gap := range gaps {
		if gap.Kind == owners.GapUnowned || gap.Kind == owners.GapDiffers {
			names[gap.Kind] = append(names[gap.Kind], gap.About)
		} else {
			rest = append(rest, gap.Says)
		}
	}
	if unowned := names[owners.GapUnowned]; len(unowned) > 0 {
		u.say("Nobody owns %s (%d).", source.Listed(unowned), len(unowned))
	}
	if differs := names[owners.GapDiffers]; len(differs) > 0 {
		u.say("Places of owners say otherwise of %s (%d): the first counts, and GET v1/owners tells what each says.", source.Listed(differs), len(differs))
	}
	u.found = append(u.found, rest[:min(len(rest), unmetLimit)]...)
	if more := len(rest) - unmetLimit; more > 0 {
		u.say("%d more of owners matches nothing: GET v1/owners/gaps lists all.", more)
	}
}
