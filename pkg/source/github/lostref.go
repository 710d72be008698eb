package github

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// GraphQL does not tell what a deployment was made of once the tag or branch is gone; REST has its name on. So REST is
// asked for what GraphQL lost, of the deployments that a service may count.

const (
	// lostPrefix is of a ref of which not even REST tells.
	lostPrefix = "lost:"
	// singleRefs is up to how many deployments are asked for one by one; from there on their environment's list is read.
	singleRefs = 2
	// youngRef is how old a deployment must be to have lost its ref where those like it are made of commits: nobody
	// prunes tags of today.
	youngRef = 24 * time.Hour
	// makersLimit bounds how many kinds of deployments the cursor remembers that are made of commits.
	makersLimit = 50
	// recoveredRank lifts a version whose tag was found again above those that did not have it.
	recoveredRank = 1 << 15
)

// refPages is an environment's list over REST, as far as it was read for refs.
type refPages struct {
	next  int // 0: at its end
	last  time.Time
	texts map[int64]string
}

// maker is what deployments have in common that are made in one way.
func maker(d *deploymentNode) string { return d.Environment + "\n" + d.Task }

// recoverRefs names what the page's deployments were made of where GraphQL does not.
func (r graphql) recoverRefs(ctx context.Context, s *repositorySync, deployments *pages.Page[deploymentNode]) error {
	lost := map[string][]*deploymentNode{} // by environment
	for i := range pages.Entries(deployments) {
		d := &deployments.Nodes[i]
		if d.Ref == nil && !d.CreatedAt.Before(s.runs.Until) && s.refMatters(d) {
			lost[d.Environment] = append(lost[d.Environment], d)
		}
	}
	for _, environment := range slices.Sorted(maps.Keys(lost)) {
		texts, err := s.refTexts(ctx, environment, lost[environment])
		if err != nil {
			return err
		}
		for _, d := range lost[environment] {
			text, told := texts[d.DatabaseID]
			if !told {
				d.Ref = &refNode{Prefix: lostPrefix}
				continue
			}
			if d.Ref, err = rest(r).goneRef(ctx, s.part, s.state.Branch, text); err != nil {
				return err
			}
			if d.Ref == nil {
				s.state.ByCommit = cursor.Remember(s.state.ByCommit, maker(d), makersLimit)
			}
			d.recovered = d.Ref != nil && d.Ref.Prefix == tagPrefix
		}
	}
	return nil
}

// refMatters says whether a service may count a deployment, and whether it may have lost a ref.
func (s *repositorySync) refMatters(d *deploymentNode) bool {
	if !s.config.Counts(s.part, d.Environment) {
		return false
	}
	young := s.Now().Sub(d.CreatedAt) < youngRef
	return !young || !slices.Contains(s.state.ByCommit, maker(d)) || len(s.tagPrefixes(s.part)) > 0
}

// refTexts finds the refs of an environment's deployments, by number. One that is not there cannot be had.
func (s *repositorySync) refTexts(ctx context.Context, environment string, lost []*deploymentNode) (map[int64]string, error) {
	if s.refPages == nil {
		s.refPages = map[string]*refPages{}
	}
	at := s.refPages[environment]
	if at == nil {
		at = &refPages{next: 1, texts: map[int64]string{}}
		s.refPages[environment] = at
	}
	missing := func() []*deploymentNode {
		return slices.DeleteFunc(slices.Clone(lost), func(d *deploymentNode) bool { _, found := at.texts[d.DatabaseID]; return found })
	}
	oldest := lost[len(lost)-1].CreatedAt
	for len(missing()) > singleRefs && at.next > 0 && (at.last.IsZero() || !at.last.Before(oldest)) {
		path := repositoryPath(s.part) + "/deployments?environment=" + url.QueryEscape(environment)
		list, f, err := fetchPage[deploymentRecord](ctx, s.run, s.part, path, wire.Widest, at.next, "")
		if notTold(err) {
			at.next = 0
			break
		}
		if err != nil {
			return nil, err
		}
		for _, each := range list {
			at.texts[each.ID], at.last = each.Ref, each.CreatedAt.Time
		}
		at.next = f.next
	}
	for _, d := range missing() {
		deployment, _, err := fetch[deploymentRecord](ctx, s.run, s.part, deploymentPath(s.part, d.DatabaseID), "")
		if notTold(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		at.texts[d.DatabaseID] = deployment.Ref
	}
	return at.texts, nil
}

// notTold says that REST does not tell, and that another try would not help.
func notTold(err error) bool {
	var known *source.Error
	return isAbsent(err, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusUnavailableForLegalReasons) ||
		errors.As(err, &known) && known.Cause == source.CausePermission
}

// goneRef says what a deployment was made of whose ref neither is a tag any more nor a branch.
func (a rest) goneRef(ctx context.Context, repository, branch, text string) (*refNode, error) {
	if ref, known := a.plainRef(branch, text); known {
		return ref, nil
	}
	like, err := a.likeTag(ctx, repository, text)
	if like {
		return &refNode{Name: text, Prefix: tagPrefix}, err
	}
	return &refNode{Name: text, Prefix: branchPrefix}, err
}

// likeTag says whether a ref that is no tag was one, by its name: where a service tells its own by tags that begin so, where
// it is a version in full, and where tags are there that differ in numbers only.
func (a rest) likeTag(ctx context.Context, repository, text string) (bool, error) {
	switch {
	case slices.ContainsFunc(a.tagPrefixes(repository), func(prefix string) bool { return strings.HasPrefix(text, prefix) }), wholeVersion.MatchString(text):
		return true, nil
	case !strings.ContainsAny(text, "0123456789"):
		return false, nil
	}
	shapes, err := a.shapesOf(ctx, repository)
	return shapes[shapeOf(text)], err
}

// tagPrefixes are what services of a repository tell their deployments by.
func (s *Source) tagPrefixes(repository string) (prefixes []string) {
	for i := range s.config.Served {
		for _, rule := range s.config.Served[i].Deployments {
			if rule.TagPrefix != "" && (rule.Repository == "" || strings.EqualFold(rule.Repository, repository)) {
				prefixes = append(prefixes, rule.TagPrefix)
			}
		}
	}
	return prefixes
}

// shapesOf are the shapes of the repository's tags; where they were not read for another reason, of a page of them.
func (a rest) shapesOf(ctx context.Context, repository string) (map[string]bool, error) {
	if known := a.shapes[repository]; known != nil {
		return known, nil
	}
	shapes := map[string]bool{}
	for tag := range a.tags[repository] {
		shapes[shapeOf(tag)] = true
	}
	if a.tags[repository] == nil {
		list, _, err := fetchPage[tagRecord](ctx, a.run, repository, repositoryPath(repository)+"/tags", wire.Widest, 1, "")
		if err != nil && !notTold(err) {
			return nil, err
		}
		for _, each := range list {
			shapes[shapeOf(each.Name)] = true
		}
	}
	a.shapes[repository] = shapes
	return shapes, nil
}

// isBranch says whether there is a branch of a name that looks like a tag's. Those of a kind are asked for together.
func (a rest) isBranch(ctx context.Context, repository, name string) (bool, error) {
	begin := name[:max(0, strings.IndexAny(name, "0123456789"))]
	key := repository + "\n" + begin
	if a.branches[key] == nil {
		found := map[string]bool{}
		list, _, err := fetch[[]branchRecord](ctx, a.run, repository, repositoryPath(repository)+"/git/matching-refs/heads/"+escapedPath(begin), "")
		if err != nil && !notTold(err) {
			return false, err
		}
		for _, each := range list {
			found[strings.TrimPrefix(each.Ref, branchPrefix)] = true
		}
		a.branches[key] = found
	}
	return a.branches[key][name], nil
}

func escapedPath(path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
