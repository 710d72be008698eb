package jenkins

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// version is what a build deploys of one repository.
type version struct {
	repository, sha, ref string
	kind                 dora.RefKind
}

var commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)

// upstreamLimit bounds how many builds are followed to the one that checked the code out.
const upstreamLimit = 5

// checkedOut are the selected repositories that a build checked out. A shared library is checked out as well, mostly first: it
// is another repository, which its remotes tell. Of one that was checked out twice the last is what was deployed.
func (s *Source) checkedOut(b *build) (found []version) {
	for _, a := range b.Actions {
		if a.Revision == nil || len(a.Remotes) == 0 {
			continue
		}
		repository, sha := s.repositoryOf(a.Remotes), strings.ToLower(a.Revision.SHA)
		if repository == "" || !commitForm.MatchString(sha) {
			continue
		}
		found = slices.DeleteFunc(found, func(other version) bool { return other.repository == repository })
		v := version{repository: repository, sha: sha}
		for _, branch := range a.Revision.Branch {
			if v.ref, v.kind = refOf(branch.Name); v.ref != "" {
				break
			}
		}
		found = append(found, v)
	}
	if named := slices.DeleteFunc(slices.Clone(found), func(v version) bool { return !s.isNamed(v.repository) }); len(found) > 1 && len(named) > 0 {
		return named
	}
	return found
}

// isNamed says that the settings or a service call a repository by its very name, and do not only have a pattern for it.
func (s *Source) isNamed(repository string) bool {
	return slices.ContainsFunc(s.named, func(name string) bool { return strings.EqualFold(name, repository) })
}

// refOf takes a branch of the git plugin apart; a commit that was checked out by itself is on none.
func refOf(name string) (string, dora.RefKind) {
	if tag, is := strings.CutPrefix(name, "refs/tags/"); is {
		return tag, dora.RefTag
	}
	if tag, is := strings.CutPrefix(name, "tags/"); is {
		return tag, dora.RefTag
	}
	for _, prefix := range []string{"refs/remotes/", "refs/heads/"} {
		name = strings.TrimPrefix(name, prefix)
	}
	name = strings.TrimPrefix(name, "origin/")
	if name == "" || name == "detached" || name == "HEAD" || commitForm.MatchString(name) {
		return "", ""
	}
	return name, dora.RefBranch
}

// versionsOf are what a build deploys: what it checked out, or the build that started it; else a version that it was told.
func (s *jobSync) versionsOf(ctx context.Context, b *build, parameters map[string]string) ([]version, error) {
	told := parameters[s.version()]
	for at, from := b, 0; ; from++ {
		if found := s.checkedOut(at); len(found) > 0 {
			s.remarkSeveral(found)
			for i := range found {
				if found[i].ref == "" && told != "" && !commitForm.MatchString(told) {
					found[i].ref = told
				}
			}
			return found, nil
		}
		next, err := s.startedBy(ctx, at)
		if err != nil {
			return nil, err
		}
		if next == nil || from >= upstreamLimit {
			break
		}
		at = next
	}
	repository := ""
	if names := s.selection.ByName(); len(names) == 1 && len(s.config.Repositories) == 1 {
		repository = names[0]
	} else if len(s.state.Repositories) > 0 {
		repository = s.state.Repositories[0]
	}
	switch {
	case repository == "":
		return nil, nil
	case commitForm.MatchString(told):
		return []version{{repository: repository, sha: told}}, nil
	case told != "":
		return []version{{repository: repository, sha: dora.VersionSHA(told), ref: told}}, nil
	}
	return []version{{repository: repository, sha: "build:" + b.key(), kind: dora.RefLost}}, nil
}

// startedBy is the build that started another; nil where none did, or none that can be read.
func (s *jobSync) startedBy(ctx context.Context, b *build) (*build, error) {
	for _, a := range b.Actions {
		for _, cause := range a.Causes {
			if cause.Upstream == "" || cause.Build <= 0 {
				continue
			}
			key := runOf(cause.Upstream, number(cause.Build))
			if known, asked := s.upstream[key]; asked {
				return known, nil
			}
			found, _, err := one[build](ctx, s.run, s.job.Full, export(at(cause.Upstream)+"/"+number(cause.Build), buildTree), http.StatusNotFound, http.StatusForbidden)
			if err != nil {
				return nil, err
			}
			s.upstream[key] = found
			return found, nil
		}
	}
	return nil, nil
}

// remarkSeveral says that builds bring several repositories, of which one may be a shared library.
func (s *jobSync) remarkSeveral(found []version) {
	if len(found) < 2 || s.Progress.Remark != "" {
		return
	}
	names := make([]string, len(found))
	for i, v := range found {
		names[i] = v.repository
	}
	s.Progress.Remark = fmt.Sprintf("Builds of %s check out %s, and count as deployments of each: leave out in repositories what is a shared library, with ! in front.", s.job.Full, strings.Join(names, " and "))
}

// deploymentsOf are what a build deployed, or tried to.
func (s *jobSync) deploymentsOf(ctx context.Context, b *build) ([]*dora.Deployment, error) {
	parameters := b.parameters()
	found, staged := targets(s.rules, s.job.Full, parameters)
	steps := map[target][]dora.DeploymentStatus{}
	for _, t := range found {
		steps[t] = b.steps()
	}
	if len(staged) > 0 {
		stages, err := s.stagesOf(ctx, b)
		if err != nil {
			return nil, err
		}
		found = append(found, staging(staged, stages, found, steps)...)
	}
	if len(found) == 0 {
		return nil, nil
	}
	versions, err := s.versionsOf(ctx, b, parameters)
	if err != nil {
		return nil, err
	}
	var all []*dora.Deployment
	for _, v := range versions {
		if v.kind != dora.RefLost {
			s.state.Repositories = remember(s.state.Repositories, v.repository)
		} else if len(s.state.Repositories) == 0 {
			s.state.Repositories = []string{v.repository}
		}
		for _, t := range found {
			d := &dora.Deployment{
				Header: dora.Header{Source: s.config.ID, ID: idOf(v.repository, t, b)}, Repository: v.repository, Number: b.vendor(), Environment: t.environment,
				Task: s.job.Full, SHA: v.sha, Ref: v.ref, RefKind: v.kind, Created: b.began(), Statuses: steps[t], URL: s.pageOf(b), Creator: b.startedBy(), Run: runOf(s.job.Full, number(b.Number)),
			}
			d.Updated, d.Rank = d.LastWord(), len(d.Statuses)
			s.state.Environments = remember(s.state.Environments, t.environment)
			all = append(all, d)
		}
	}
	return all, nil
}

// steps are what became of a build as a whole. Only one that succeeded deployed: one that is unstable failed in a part.
func (b *build) steps() []dora.DeploymentStatus {
	found := []dora.DeploymentStatus{{State: dora.StateRunning, At: b.began()}}
	switch {
	case b.Building || b.Result == "":
	case b.Result == "SUCCESS":
		found = append(found, dora.DeploymentStatus{State: dora.StateSuccess, At: b.ended()})
	default:
		found = append(found, dora.DeploymentStatus{State: dora.StateFailure, At: b.ended()})
	}
	return found
}

// pageOf is where people look at a build: the address that Jenkins gives itself, by which texts may name it.
func (s *jobSync) pageOf(b *build) string {
	if given, err := url.Parse(b.URL); err == nil && given.Host != "" && given.User == nil && (given.Scheme == "https" || given.Scheme == "http") {
		return b.URL
	}
	return s.root + at(s.job.Full) + "/" + number(b.Number) + "/"
}

// startedBy is who started a build; empty where no person did.
func (b *build) startedBy() string {
	for _, a := range b.Actions {
		for _, cause := range a.Causes {
			if cause.User != "" {
				return cause.User
			}
			if cause.UserName != "" {
				return cause.UserName
			}
		}
	}
	return ""
}

func instantOf(milliseconds int64) time.Time { return time.UnixMilli(milliseconds).UTC() }
