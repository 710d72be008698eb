package history

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
)

// What two systems tell of one deployment is one where one service counts both. Where two services do, it is two: whether
// they are one application told twice, or two that share a commit, only a person knows. It is told, and not joined.

// ToldApart is two services that seem to count the same deployments, each as another source tells them.
type ToldApart struct {
	Services    [2]string   `json:"services"`
	Sources     [2][]string `json:"sources"` // of each service's
	Environment string      `json:"environment"`
	Deployments int         `json:"deployments"` // that both have
	// Text says so in sentences, and what to do.
	Text string `json:"text"`
}

// toldApartLimit is how many are told of: what is wrong in many places is seen in a few.
const toldApartLimit = 10

// ToldApart finds them among the services in force, those with the most deployments first.
func (h *History) ToldApart() []ToldApart {
	of, everywhere := h.destinations()
	return toldApart(h.MappedServices(), h.mapping.Production, of, everywhere, &effort.Counter{})
}

// held is a destination that services count as a whole: what one of them tells from others by a path, a tag or a task is its
// own by somebody's word.
type held struct {
	*destination
	by []int // of the services
}

func toldApart(services []dora.Service, production dora.Pattern, of map[Key][]*destination, everywhere []*destination, counted *effort.Counter) []ToldApart {
	found := []ToldApart{}
	into := map[string][]held{} // by environment
	for _, at := range holders(services, production, of, everywhere, counted) {
		name := dora.FoldEnvironment(at.tally.Environment)
		into[name] = append(into[name], at)
	}
	for _, all := range into {
		if slices.ContainsFunc(all, func(at held) bool { return at.tally.Source != all[0].tally.Source }) {
			found = append(found, apartIn(services, all, counted)...)
		}
	}
	slices.SortFunc(found, func(a, b ToldApart) int {
		return cmp.Or(cmp.Compare(b.Deployments, a.Deployments), slices.Compare(a.Services[:], b.Services[:]), cmp.Compare(a.Environment, b.Environment))
	})
	return found[:min(len(found), toldApartLimit)]
}

// holders finds which services count a destination as a whole, in the order of everywhere.
func holders(services []dora.Service, production dora.Pattern, of map[Key][]*destination, everywhere []*destination, counted *effort.Counter) (found []held) {
	by := map[*destination][]int{}
	for i := range services {
		for j := range services[i].Deployments {
			entry, among := &services[i].Deployments[j], everywhere
			if len(entry.Paths) > 0 || entry.TagPrefix != "" || entry.Task != "" {
				continue
			}
			if entry.Repository != "" {
				among = of[keyOf(entry.Source, entry.Repository)]
			}
			for _, at := range among {
				if !counted.Add(1) {
					return nil
				}
				if !slices.Contains(by[at], i) && slices.ContainsFunc(at.deployments, func(d *dora.Deployment) bool { return entry.Matches(d, production) }) {
					by[at] = append(by[at], i)
				}
			}
		}
	}
	for _, at := range everywhere {
		if by[at] != nil {
			found = append(found, held{at, by[at]})
		}
	}
	return found
}

// apartIn finds those of one environment.
func apartIn(services []dora.Service, all []held, counted *effort.Counter) (found []ToldApart) {
	bySHA := map[string][]telling{}
	var from []held // of each run that is told
	for _, at := range all {
		counted.Add(len(at.runs))
		for i := range at.runs {
			sha := at.runs[i].first.SHA
			if _, version := dora.VersionOf(sha); sha != "" && !version { // which may be that of any application
				bySHA[sha] = append(bySHA[sha], at.runs[i].telling(len(from)))
				from = append(from, at)
			}
		}
	}
	both := map[[2]int][2]map[int]bool{} // by two services: which runs of each
	for _, told := range bySHA {
		for _, pair := range pairs(told) {
			a, b := from[pair[0]], from[pair[1]]
			if slices.ContainsFunc(a.by, func(service int) bool { return slices.Contains(b.by, service) }) {
				continue
			}
			if a.by[0] > b.by[0] {
				a, b, pair = b, a, [2]int{pair[1], pair[0]}
			}
			key := [2]int{a.by[0], b.by[0]}
			if both[key][0] == nil {
				both[key] = [2]map[int]bool{{}, {}}
			}
			both[key][0][pair[0]], both[key][1][pair[1]] = true, true
		}
	}
	for key, runs := range both {
		told := ToldApart{Deployments: min(len(runs[0]), len(runs[1]))}
		for side, service := range key {
			told.Services[side] = services[service].Name
			sources := map[string]bool{}
			for run := range runs[side] {
				sources[from[run].tally.Source] = true
				told.Environment = max(told.Environment, from[run].tally.Environment)
			}
			told.Sources[side] = slices.Sorted(maps.Keys(sources))
		}
		told.Text = told.sentences()
		found = append(found, told)
	}
	return found
}

func (t *ToldApart) sentences() string {
	what := fmt.Sprintf("%d deployments into %s, which have the same commits at about the same time", t.Deployments, t.Environment)
	if t.Deployments == 1 {
		what = fmt.Sprintf("one deployment into %s, which has the same commit at about the same time", t.Environment)
	}
	return fmt.Sprintf("The services %s and %s both count %s, the one as told by %s and the other by %s. "+
		"If two systems tell of one application, put both into the deployments of one service, which counts them once, or leave one out; if they are two, tell them apart by paths, tagPrefix or task.",
		t.Services[0], t.Services[1], what, strings.Join(t.Sources[0], " and "), strings.Join(t.Sources[1], " and "))
}
