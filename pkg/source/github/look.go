package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// To look around costs seven lists of each repository over GraphQL, 2 points for 25 of them, and a request over REST for the
// runs of GitHub Actions of a repository that has workflows and whose deployments do not say enough: GraphQL does not list runs.

var _ source.Explorer = (*Source)(nil)

const (
	// lookWidth is how many repositories are looked at with a query.
	lookWidth = 25
	// lookLimit bounds how many are looked at, and lookRuns of how many the runs are read.
	lookLimit = 3000
	lookRuns  = 1000
	// enough is how many successes in an environment say that runs need not be asked for.
	enough = 3
)

// lookFields are asked of each repository.
const lookFields = `nameWithOwner databaseId isEmpty pushedAt ` + traitFields + ownersClause + catalogClause + `
      defaultBranchRef { name }
      root: object(expression: "HEAD:") ` + treeFields + `
      workflows: object(expression: "HEAD:.github/workflows") ` + treeFields + `
      services: object(expression: "HEAD:services") ` + treeFields + `
      apps: object(expression: "HEAD:apps") ` + treeFields + `
      packages: object(expression: "HEAD:packages") ` + treeFields + `
      deployments(first: 100, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { environment state createdAt ref { name prefix } } }
      releases(first: 50, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { tagName isDraft isPrerelease publishedAt } }
      refs(refPrefix: "refs/tags/", first: 50, orderBy: {field: TAG_COMMIT_DATE, direction: DESC}) { totalCount
        nodes { name target { __typename oid ... on Commit { committedDate } ... on Tag { tagger { date } target { oid ... on Commit { committedDate } } } } } }
      pullRequests(first: 50, states: [MERGED], orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { mergedAt baseRefName } }
      labels(first: 100) { nodes { name } }
      issues(first: 50, labels: $labels, filterBy: {since: $since}, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { createdAt } }`

const treeFields = `{ ... on Tree { entries { name type } } }`

func lookText(root string) string {
	return `query Look($owner: String!, $repositories: Int!, $page: String, $labels: [String!], $since: DateTime) { ` + rateLimit + `
  owner: ` + root + `(login: $owner) { repositories(first: $repositories, after: $page, orderBy: {field: NAME, direction: ASC}) { ` + pageFields + ` totalCount
    nodes { ` + lookFields + ` } } }
}`
}

const lookOneText = `query Look($owner: String!, $name: String!, $labels: [String!], $since: DateTime) { ` + rateLimit + `
  repository(owner: $owner, name: $name) { ` + lookFields + ` }
}`

// askedLabels are those whose issues are counted: the commonest names of what source.LikeIncidents takes.
var askedLabels = []string{"incident", "outage", "postmortem", "post-mortem", "type: incident", "type:incident", "type/incident", "kind/incident", "production-incident", "sev1", "sev2", "sev3"}

type treeNode struct{ Entries []struct{ Name, Type string } }

type lookedNode struct {
	NameWithOwner string
	IsEmpty       bool
	PushedAt      *time.Time
	traitsNode
	ownersNode
	DefaultBranchRef                          *nameNode
	Root, Workflows, Services, Apps, Packages *treeNode

	Deployments struct {
		TotalCount int
		Nodes      []struct {
			Environment string
			State       string
			CreatedAt   time.Time
			Ref         *struct{ Name, Prefix string }
		}
	}
	Releases struct {
		TotalCount int
		Nodes      []struct {
			TagName               string
			IsDraft, IsPrerelease bool
			PublishedAt           *time.Time
		}
	}
	Refs *struct {
		TotalCount int
		Nodes      []taggedNode
	}
	PullRequests struct {
		TotalCount int
		Nodes      []struct {
			MergedAt    *time.Time
			BaseRefName string
		}
	}
	Labels *struct{ Nodes []nameNode }
	Issues struct {
		TotalCount int
		Nodes      []struct{ CreatedAt time.Time }
	}
}

// Look implements source.Explorer. Where GraphQL is refused it fails: over REST it would cost many times as much.
func (s *Source) Look(ctx context.Context, l source.Look) ([]source.Offer, error) {
	if s.unusable != nil {
		return nil, s.unusable
	}
	asking := *s // with all that says whose a repository is
	asking.config.CodeOwners, asking.config.CatalogInfo, asking.config.Teams, asking.config.Properties = true, true, true, true
	r := asking.begin(source.Request{Since: l.Since, Report: l.Report}, readPositions(nil))
	r.reader = graphql{r}
	nodes, err := r.look(ctx, l.Since)
	if source.Stops(err) {
		return nil, err
	}
	failures := []error{err}
	targets := make([]target, len(nodes))
	for i, n := range nodes {
		targets[i] = target{name: n.NameWithOwner}
	}
	r.Progress.Parts = len(nodes)
	var remarks []string
	for _, read := range []func(context.Context, []target) error{r.readProperties, r.readTeams} {
		r.Progress.Remark = ""
		if err := read(ctx, targets); source.Stops(err) {
			return nil, err
		} else if err != nil {
			failures = append(failures, err)
		}
		if r.Progress.Remark != "" {
			remarks = append(remarks, r.Progress.Remark)
		}
	}
	r.Progress.Remark = strings.Join(remarks, " ")
	offers := make([]source.Offer, 0, len(nodes))
	asked := 0
	for i, n := range nodes {
		r.Progress.Done, r.Progress.Total, r.Progress.Part = i, len(nodes), n.NameWithOwner
		r.Report()
		offer, err := r.offer(ctx, n, l.Since, &asked)
		if source.Stops(err) {
			return nil, err
		}
		failures = append(failures, err)
		offers = append(offers, offer)
	}
	return offers, errors.Join(failures...)
}

// look reads what GraphQL tells of all repositories that are read.
func (r *run) look(ctx context.Context, since time.Time) (nodes []*lookedNode, err error) {
	variables := func(more map[string]any) map[string]any {
		more["labels"], more["since"] = askedLabels, since.UTC().Format(time.RFC3339)
		return more
	}
	seen := map[string]bool{}
	add := func(n *lookedNode) {
		if n != nil && n.NameWithOwner != "" && !seen[strings.ToLower(n.NameWithOwner)] && len(nodes) < lookLimit {
			seen[strings.ToLower(n.NameWithOwner)] = true
			nodes = append(nodes, n)
		}
	}
	var failures []error
	for _, name := range r.selection.exact {
		var answer struct{ Repository *lookedNode }
		err := r.ask(ctx, question{part: name, text: lookOneText, variables: fixed(variables(named(name)))}, &answer)
		if source.Stops(err) {
			return nil, err
		}
		if err == nil && answer.Repository == nil {
			err = r.noRepository(name, nil)
		}
		failures = append(failures, err)
		add(answer.Repository)
	}
	for _, owner := range r.selection.owners {
		err := r.lookAt(ctx, owner, variables, add)
		if source.Stops(err) {
			return nil, err
		}
		failures = append(failures, err)
	}
	if len(nodes) == lookLimit {
		failures = append(failures, r.Failure(source.CauseConfiguration, "", fmt.Sprintf("only the first %d repositories were looked at: narrow down what the source reads", lookLimit), nil))
	}
	return nodes, errors.Join(failures...)
}

func (r *run) lookAt(ctx context.Context, owner string, variables func(map[string]any) map[string]any, add func(*lookedNode)) error {
	var after any
	var way pages.Trail
	roots := ownerRoots
	refused := map[int][]graphqlError{}
	var failures []error
	for {
		var answer struct {
			Owner *struct {
				Repositories struct {
					PageInfo   pages.Info
					TotalCount int
					Nodes      []*lookedNode
				}
			}
		}
		err := r.ask(ctx, question{
			part: owner, text: lookText(roots[0]),
			tolerates: func(e graphqlError) bool { return noSuchOwner(e) || e.ofListed(refused) },
			variables: func(width int) map[string]any {
				clear(refused)
				return variables(map[string]any{"owner": owner, "repositories": min(width, lookWidth), "page": after})
			},
		}, &answer)
		if err != nil {
			return errors.Join(append(failures, err)...)
		}
		if answer.Owner == nil {
			if roots = roots[1:]; len(roots) == 0 {
				return r.noOwner(owner)
			}
			continue
		}
		roots = roots[:1]
		list := answer.Owner.Repositories
		for i, node := range list.Nodes {
			switch {
			case node == nil:
				failures = append(failures, r.unlisted(owner, "", refusal(refused[i], pages.ErrHole)))
			case r.selection.lists(node.NameWithOwner):
				add(node)
			}
		}
		r.Progress.Parts = list.TotalCount
		r.Report()
		if !list.PageInfo.HasNextPage {
			return errors.Join(failures...)
		}
		if way.Follow(len(list.Nodes), list.PageInfo) != nil {
			return errors.Join(append(failures, r.Endless(owner))...)
		}
		after = list.PageInfo.EndCursor
	}
}

// wentWell says whether a deployment's state is one that a success leads to: it is inactive once another followed.
func wentWell(state string) bool {
	return slices.Contains([]string{"ACTIVE", "SUCCESS", "INACTIVE", "DESTROYED"}, state)
}

// offer makes of a node what the repository has to offer.
func (r *run) offer(ctx context.Context, n *lookedNode, since time.Time, asked *int) (source.Offer, error) {
	o := source.Offer{Source: r.config.ID, Repository: n.NameWithOwner, Empty: n.IsEmpty, Traits: r.traits(n.NameWithOwner, &n.traitsNode, dora.Traits{})}
	o.Traits.CodeOwners, o.Traits.CatalogInfo = n.codeOwners(), n.CatalogInfo.whole()
	if n.PushedAt != nil {
		o.Pushed = n.PushedAt.UTC()
	}
	o.Files = n.Root.names()
	for folder, tree := range map[string]*treeNode{"services": n.Services, "apps": n.Apps, "packages": n.Packages} {
		if names := tree.folders(); len(names) > 0 {
			if o.Folders == nil {
				o.Folders = map[string][]string{}
			}
			o.Folders[folder] = names
		}
	}
	var t source.Tally
	most := 0
	within := func(at time.Time) bool { return !at.Before(since) }
	for _, d := range n.Deployments.Nodes {
		if within(d.CreatedAt) {
			tag := ""
			if d.Ref != nil && d.Ref.Prefix == "refs/tags/" {
				tag = d.Ref.Name
			}
			t.Deployed(source.Signal{From: string(FromDeployments), Name: d.Environment}, tag, d.CreatedAt, wentWell(d.State))
		}
	}
	for _, s := range t.Signals() {
		most = max(most, s.Succeeded)
	}
	if last := len(n.Deployments.Nodes) - 1; last >= 0 && n.Deployments.TotalCount > last+1 && within(n.Deployments.Nodes[last].CreatedAt) {
		t.More(source.SignalDeployment)
	}
	var err error
	if files := n.Workflows.names(); len(files) > 0 && !n.IsArchived && !n.IsEmpty && within(o.Pushed) {
		switch {
		case most >= enough:
			o.Unread = append(o.Unread, fmt.Sprintf("The runs of its %d workflows were not asked for: its deployments say enough.", len(files)))
		case *asked >= lookRuns:
			o.Unread = append(o.Unread, fmt.Sprintf("The runs of its workflows were not asked for: those of %d repositories were, which is the most.", lookRuns))
		default:
			*asked++
			if err = r.lookAtRuns(ctx, n, since, &t); err != nil && !source.Stops(err) {
				o.Unread = append(o.Unread, "The runs of its workflows could not be read.")
			}
		}
	}
	for _, each := range n.Releases.Nodes {
		if each.PublishedAt != nil && !each.IsDraft && !each.IsPrerelease && within(*each.PublishedAt) {
			prefix, _ := source.TagPrefix(each.TagName)
			t.Note(source.Signal{Kind: source.SignalRelease, From: string(FromReleases), Name: prefix}, *each.PublishedAt, true)
		}
	}
	if last := len(n.Releases.Nodes) - 1; last >= 0 && n.Releases.TotalCount > last+1 && n.Releases.Nodes[last].PublishedAt != nil && within(*n.Releases.Nodes[last].PublishedAt) {
		t.More(source.SignalRelease)
	}
	if n.Refs != nil {
		oldest := time.Time{}
		for _, each := range n.Refs.Nodes {
			at := each.when()
			prefix, ok := source.TagPrefix(each.Name)
			if oldest = at; ok && within(at) {
				t.Note(source.Signal{Kind: source.SignalTag, From: string(FromTags), Name: prefix}, at, true)
			}
		}
		if n.Refs.TotalCount > len(n.Refs.Nodes) && within(oldest) {
			t.More(source.SignalTag)
		}
	}
	branch := ""
	if n.DefaultBranchRef != nil {
		branch = n.DefaultBranchRef.Name
	}
	for _, each := range n.PullRequests.Nodes {
		if each.MergedAt != nil && within(*each.MergedAt) && each.BaseRefName == branch {
			o.Merges.N++
			t.Note(source.Signal{Kind: source.SignalMerge, From: string(FromMerges)}, *each.MergedAt, true)
		}
	}
	if o.Merges.More = o.Merges.N > 0 && o.Merges.N == len(n.PullRequests.Nodes) && n.PullRequests.TotalCount > o.Merges.N; o.Merges.More {
		t.More(source.SignalMerge)
	}
	if n.Labels != nil {
		var names []string
		for _, each := range n.Labels.Nodes {
			names = append(names, each.Name)
		}
		o.IncidentLabels = source.LikeIncidents(names)
	}
	for _, each := range n.Issues.Nodes {
		if within(each.CreatedAt) {
			o.Incidents.N++
		}
	}
	o.Incidents.More = o.Incidents.N > 0 && o.Incidents.N == len(n.Issues.Nodes) && n.Issues.TotalCount > o.Incidents.N
	o.Signals = t.Signals()
	return o, err
}

// lookAtRuns counts the newest hundred runs of GitHub Actions, by workflow, as they are counted where they deploy.
func (r *run) lookAtRuns(ctx context.Context, n *lookedNode, since time.Time, t *source.Tally) error {
	path := fmt.Sprintf("%s/actions/runs?exclude_pull_requests=true&created=%s&per_page=%d&page=1", repositoryPath(n.NameWithOwner), url.QueryEscape(">="+since.UTC().Format("2006-01-02")), wire.Widest)
	answer, f, err := fetch[runsRecord](ctx, r, n.NameWithOwner, path, "")
	if isAbsent(err, http.StatusNotFound) { // Actions are switched off, or the token may not see them
		return nil
	}
	if err != nil {
		return err
	}
	for _, w := range answer.Runs {
		if forPulls(w) || w.CreatedAt.Before(since) {
			continue
		}
		if _, deploys := stepsOf(w); deploys {
			t.Note(source.Signal{Kind: source.SignalRun, From: string(FromWorkflowRuns), Name: w.Name, Key: "workflow"}, w.UpdatedAt.Time, w.Conclusion == "success")
		}
	}
	if f.next > 0 {
		t.More(source.SignalRun)
	}
	return nil
}

// when is the time of a tag: of its annotation, or else of its commit.
func (n *taggedNode) when() time.Time {
	switch t := n.Target; {
	case t == nil:
		return time.Time{}
	case t.Tagger != nil && t.Tagger.Date != nil:
		return *t.Tagger.Date
	case t.Target != nil:
		return t.Target.CommittedDate
	default:
		return t.CommittedDate
	}
}

// names are those of a folder's entries, folders with / behind.
func (n *treeNode) names() (names []string) {
	if n == nil {
		return nil
	}
	for _, each := range n.Entries {
		if each.Type == "tree" {
			each.Name += "/"
		}
		names = append(names, each.Name)
	}
	return names
}

// folders are the folders in a folder.
func (n *treeNode) folders() (names []string) {
	for _, name := range n.names() {
		if folder, is := strings.CutSuffix(name, "/"); is {
			names = append(names, folder)
		}
	}
	return names
}
