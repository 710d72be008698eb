package discover

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/livedora/dora-datasource/pkg/source"
)

// A monorepo shows in names of one shape, that differ in one place.

const service = "{service}"

// versionless is what stands before a version beside the service.
var separators = []string{"-v", "/v", "@v", "_v", "-", "/", "@", "_"}

// byPrefix tells services apart by what their tags have before their versions.
func byPrefix(found map[string]int) *Parts {
	byEnding := map[string][]string{}
	for prefix := range found {
		for _, ending := range separators {
			if name, is := strings.CutSuffix(prefix, ending); is && named(name) {
				byEnding[ending] = append(byEnding[ending], name)
				break
			}
		}
	}
	for _, ending := range separators {
		if names := byEnding[ending]; len(names) >= 2 {
			slices.Sort(names)
			return &Parts{
				By: "tagPrefix", Shape: service + ending, Services: names, Sure: Sure,
				Reason: fmt.Sprintf("Its tags begin with %s.", quoted(names)),
			}
		}
	}
	return nil
}

// named says whether a text can name a service: it is no word for a version, an environment or a region.
func named(text string) bool {
	words := wordsIn(text)
	return len(words) > 0 && !anyOf(words, []string{"v", "release", "version", "rel", "ver", "build"}) && !anyOf(words, productionWords) && !anyOf(words, otherWords) &&
		slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(regionWords, word) })
}

// byShapes tells services apart by names of one shape, such as {service}-prod or Deploy {service}: what is before and behind is
// the same in all of them.
func byShapes(by string, names []string, found map[string]int) *Parts {
	if len(names) < 2 {
		return nil
	}
	before, behind := names[0], names[0]
	for _, name := range names[1:] {
		for !strings.HasPrefix(name, before) {
			before = before[:len(before)-1]
		}
		for !strings.HasSuffix(name, behind) {
			behind = behind[1:]
		}
	}
	before, behind = wholeWords(before, true), wholeWords(behind, false)
	if before == "" && behind == "" {
		return nil
	}
	var services []string
	for _, name := range names {
		if len(name) <= len(before)+len(behind) {
			return nil
		}
		part := name[len(before) : len(name)-len(behind)]
		if !named(part) || strings.ContainsAny(part, "/{}*?") {
			return nil
		}
		services = append(services, part)
	}
	shape := before + service + behind
	if strings.ContainsAny(before+behind, "{}*?") {
		return nil
	}
	slices.Sort(services)
	parts := &Parts{By: by, Shape: shape, Services: services, Sure: Sure, Reason: fmt.Sprintf("Its %ss are called %s.", by, quoted(names))}
	for _, n := range found {
		if n < few {
			parts.Sure = Likely
		}
	}
	return parts
}

// wholeWords cuts what services have in common down to where a word ends, so that apple and apricot share nothing.
func wholeWords(text string, front bool) string {
	letter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	if front {
		return strings.TrimRightFunc(text, letter)
	}
	return strings.TrimLeftFunc(text, letter)
}

// byFolder tells services apart by their folders, which share the deployments of the repository, where the file CODEOWNERS
// names each of them.
func byFolder(o *source.Offer) *Parts {
	for _, top := range []string{"services", "apps"} {
		folders := o.Folders[top]
		if len(folders) < 2 {
			continue
		}
		owned := 0
		for _, folder := range folders {
			if strings.Contains(o.Traits.CodeOwners, top+"/"+folder) {
				owned++
			}
		}
		if owned == len(folders) {
			names := slices.Sorted(slices.Values(folders))
			return &Parts{
				By: "path", Shape: top + "/" + service + "/**", Services: names, Sure: Likely,
				Reason: fmt.Sprintf("CODEOWNERS names each folder in %s/: %s.", top, quoted(names)),
			}
		}
	}
	return nil
}
