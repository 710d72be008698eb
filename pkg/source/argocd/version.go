package argocd

import (
	"hash/fnv"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// brought is a version of one repository that an operation brought; without a sha where it is not known.
type brought struct {
	repository, sha, ref string
	kind                 dora.RefKind
}

var (
	commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)
	// wholeVersion is what nobody calls a branch.
	wholeVersion = regexp.MustCompile(`^v?\d+\.\d+\.\d+([-+.]\S+)?$`)
)

// takes says whether a repository is one of those that are code.
func (s *Source) takes(repository string) bool {
	return repository != "" && (len(s.selection.Repositories) == 0 || s.selection.Takes(repository))
}

// spelled is a repository's name as settings write it, where they name it: images are named in lower case.
func (s *Source) spelled(repository string) string {
	for _, name := range s.selection.ByName() {
		if strings.EqualFold(name, repository) {
			return name
		}
	}
	return repository
}

// each yields the sources that are set, with the revision of each.
func (o *origin) each(yield func(s *sourceRecord, revision string)) {
	if len(o.Sources) == 0 {
		if o.Source != nil && o.Source.RepoURL != "" {
			yield(o.Source, o.Revision)
		}
		return
	}
	for i, s := range o.Sources {
		revision := ""
		if i < len(o.Revisions) {
			revision = o.Revisions[i]
		}
		if s != nil && s.RepoURL != "" {
			yield(s, revision)
		}
	}
}

// ofRevisions are the versions that an origin tells: the commits of those of its repositories that are code. Where it is made
// of charts alone, their versions.
func (s *Source) ofRevisions(o *origin) (found []brought) {
	var charts []brought
	git := false
	o.each(func(from *sourceRecord, revision string) {
		b := brought{repository: dora.RepositoryAt(strings.TrimRight(from.RepoURL, "/"))}
		if from.Chart != "" {
			b.repository = strings.Trim(b.repository+"/"+from.Chart, "/")
			b.ref, b.kind = revision, dora.RefTag
			if revision != "" {
				b.sha = dora.VersionSHA(revision)
			}
			charts = append(charts, b)
			return
		}
		git = true
		if sha := strings.ToLower(revision); commitForm.MatchString(sha) {
			b.sha = sha
		}
		if from.Target != "HEAD" {
			b.ref = from.Target
		}
		if wholeVersion.MatchString(b.ref) {
			b.kind = dora.RefTag
		}
		found = append(found, b)
	})
	if !git {
		found = charts
	}
	met := map[string]bool{}
	return slices.DeleteFunc(found, func(b brought) bool {
		name := strings.ToLower(b.repository)
		again := met[name]
		met[name] = true
		return again || !s.takes(b.repository)
	})
}

// revisions are all that an origin tells, to compare it with others.
func (o *origin) revisions() string {
	var all []string
	o.each(func(_ *sourceRecord, revision string) { all = append(all, revision) })
	return strings.Join(all, " ")
}

// digest tells an origin from others: its sources as they were written, and their revisions.
func (o *origin) digest() string {
	sum := fnv.New64a()
	o.each(func(from *sourceRecord, revision string) {
		_, _ = sum.Write([]byte(from.text + "\n" + revision + "\n")) // it never fails
	})
	return strconv.FormatUint(sum.Sum64(), 36)
}

// ofImages are the repositories whose images run, and the version of each; empty where not exactly one runs.
func (s *Source) ofImages(images []string) map[string]string {
	found := map[string]string{}
	for _, image := range images {
		name, tag := apart(image)
		repository, own := s.config.Version.Image.Capture(name)
		if repository = s.spelled(repository); !own || !s.takes(repository) {
			continue
		}
		version := tag
		if !s.config.Version.Tag.IsZero() {
			version, _ = s.config.Version.Tag.Capture(tag)
		}
		if before, another := found[repository]; another && before != version {
			version = ""
		}
		found[repository] = version
	}
	return found
}

// apart takes the name of an image and its tag apart; the digest that may follow says nothing to people.
func apart(image string) (name, tag string) {
	image, _, _ = strings.Cut(image, "@")
	if colon := strings.LastIndexByte(image, ':'); colon > strings.LastIndexByte(image, '/') {
		return image[:colon], image[colon+1:]
	}
	return image, ""
}

// shaOf is what stands for a version: a commit, where it is one.
func shaOf(version string) string {
	switch sha := strings.ToLower(version); {
	case version == "":
		return ""
	case commitForm.MatchString(sha):
		return sha
	}
	return dora.VersionSHA(version)
}

// environment is that of an application.
func (s *Source) environment(name string, labels map[string]string, to destination) string {
	text := ""
	switch s.config.Environment.From {
	case FromLabel:
		text = labels[s.config.Environment.Label]
	case FromCluster:
		if text = to.Name; text == "" {
			text = to.Server
		}
	case FromApplication:
		text = name
	default:
		text = to.Namespace
	}
	if captured, matches := s.config.Environment.Pattern.Capture(text); matches && captured != "" {
		return captured
	}
	if text == "" {
		return name
	}
	return text
}
