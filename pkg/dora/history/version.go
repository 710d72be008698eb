package history

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// abbreviated is how builds end the names of what they make with a commit: 4f2a9c1, sha-4f2a9c1, main-4f2a9c1, v1.2-5-g4f2a9c1.
var abbreviated = regexp.MustCompile(`(?i)(?:^|[^0-9a-z])(?:g|sha)?([0-9a-f]{7,40})$`)

// Named finds the commits of versions: a tag of that name, of which any deployment or release of the repository tells, or else
// the beginning of a sha that only one commit has. What is neither, or more than one, is not in it. The code is to be unpacked.
func (r *Repository) Named(versions []string) map[string]code.Node {
	named := map[string]code.Node{}
	beginnings := map[string]string{} // of shas, by version
	tags := r.tags()
	for _, version := range versions {
		if sha, tagged := tags.of(version); tagged {
			if n := r.Graph.Name(sha); n != code.NoNode {
				named[version] = n
			}
		} else if found := abbreviated.FindStringSubmatch(version); found != nil {
			beginnings[version] = strings.ToLower(found[1])
		}
	}
	commits := r.Graph.Beginnings(slices.Collect(maps.Values(beginnings)))
	for version, begin := range beginnings {
		if n, only := commits[begin]; only {
			named[version] = n
		}
	}
	return named
}

// tagged are commits by the tags that deployments were made of. Of a tag that was moved none is right.
type tagged map[string]string

func (r *Repository) tags() tagged {
	found := tagged{}
	for _, d := range r.Deployments {
		if d.RefKind != dora.RefTag {
			continue
		}
		if _, ok := compact.ParseSHA(d.SHA); !ok {
			continue
		}
		if sha, known := found[d.Ref]; known && !strings.EqualFold(sha, d.SHA) {
			found[d.Ref] = ""
			continue
		}
		found[d.Ref] = d.SHA
	}
	return found
}

// of finds the sha of a version's tag; empty where that was moved. The tags of images often leave out the v in front.
func (t tagged) of(version string) (sha string, known bool) {
	for _, name := range []string{version, "v" + version, strings.TrimPrefix(version, "v")} {
		if sha, known = t[name]; known {
			return sha, true
		}
	}
	return "", false
}
