package github

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

const botSuffix = "[bot]"

// who names an actor; a machine has the suffix [bot] exactly once, which GraphQL leaves out and REST does not.
func who(a *actor) string {
	if a == nil {
		return ""
	}
	if a.Typename != "Bot" {
		return a.Login
	}
	return bare(a.Login) + botSuffix
}

// bare takes the suffix off, however often it is there.
func bare(login string) string {
	for strings.HasSuffix(login, botSuffix) {
		login = strings.TrimSuffix(login, botSuffix)
	}
	return login
}

// writer names a commit's author: the account, or the name in the commit where no account is known.
func (c commitNode) writer() string {
	name := c.Author.Name
	if c.Author.User != nil && c.Author.User.Login != "" {
		name = c.Author.User.Login
	}
	if strings.HasSuffix(name, botSuffix) {
		return bare(name) + botSuffix
	}
	return name
}

func (s *Source) commit(repository string, c commitNode) *dora.Commit {
	parents := make([]string, len(c.Parents.Nodes))
	for i, parent := range c.Parents.Nodes {
		parents[i] = parent.OID
	}
	return &dora.Commit{
		Header:     dora.Header{Source: s.config.ID, ID: repository + "@" + c.OID, Updated: c.CommittedDate.UTC()},
		Repository: repository, SHA: c.OID, Parents: parents,
		Authored: c.AuthoredDate.UTC(), Committed: c.CommittedDate.UTC(),
		Author: c.writer(), Message: dora.Shorten(c.Message, dora.MessageLimit),
	}
}

// pullID is what a pull request's event is called.
func pullID(repository string, number int) string {
	return repository + ":pull:" + strconv.Itoa(number)
}

func (s *Source) change(repository string, p pullNode) *dora.Change {
	change := &dora.Change{
		Header: dora.Header{
			Source: s.config.ID, ID: pullID(repository, p.Number), Updated: p.UpdatedAt.UTC(),
			Rank: len(p.Commits.Nodes) + len(p.Reviews.Nodes),
		},
		Repository: repository, Number: p.Number, Title: p.Title, Body: p.Body, URL: p.URL, Author: who(p.Author),
		Labels: names(p.Labels), Base: p.BaseRefName, Branch: p.HeadRefName,
		Opened: p.CreatedAt.UTC(), Merged: p.MergedAt.UTC(),
		Commits: make([]dora.ChangeCommit, 0, len(p.Commits.Nodes)),
	}
	if p.MergeCommit != nil {
		change.MergeCommit = p.MergeCommit.OID
	}
	change.Files = p.files()
	change.Rank += rankOf(change.Files)
	for _, node := range p.Commits.Nodes {
		change.Commits = append(change.Commits, dora.ChangeCommit{SHA: node.Commit.OID, Authored: node.Commit.AuthoredDate.UTC()})
	}
	for _, node := range p.Reviews.Nodes {
		if node.SubmittedAt == nil { // begun and not handed in
			continue
		}
		change.Reviews = append(change.Reviews, dora.Review{Author: who(node.Author), State: strings.ToLower(node.State), At: node.SubmittedAt.UTC()})
	}
	return change
}

// deploymentStates says what GitHub's states mean. A state that is not here does not end anything: it waits.
var deploymentStates = map[string]dora.DeploymentState{
	"SUCCESS": dora.StateSuccess,
	"FAILURE": dora.StateFailure, "ERROR": dora.StateFailure, "ABANDONED": dora.StateFailure,
	"PENDING": dora.StateWaiting, "QUEUED": dora.StateWaiting, "WAITING": dora.StateWaiting,
	"IN_PROGRESS": dora.StateRunning,
	"INACTIVE":    dora.StateRetired, "DESTROYED": dora.StateRetired,
}

const (
	tagPrefix    = "refs/tags/"
	branchPrefix = "refs/heads/"
)

var refKinds = map[string]dora.RefKind{tagPrefix: dora.RefTag, branchPrefix: dora.RefBranch, lostPrefix: dora.RefLost}

func (s *Source) deployment(repository string, d deploymentNode) *dora.Deployment {
	deployment := &dora.Deployment{
		Header:     dora.Header{Source: s.config.ID, ID: repository + ":" + d.id(), Updated: d.UpdatedAt.UTC()},
		Repository: repository, Number: d.DatabaseID, Environment: d.Environment, Task: d.Task, SHA: d.CommitOID,
		Created: d.CreatedAt.UTC(), Creator: who(d.Creator), Retried: d.retried,
	}
	if d.Ref != nil {
		deployment.Ref, deployment.RefKind = d.Ref.Name, refKinds[d.Ref.Prefix]
	}
	if d.Statuses == nil {
		return deployment
	}
	deployment.Rank = d.progress()
	switch {
	case d.recovered:
		deployment.Rank += recoveredRank
	case deployment.RefKind == dora.RefLost: // a version that knows more is better
		deployment.Rank--
	}
	for _, status := range slices.Backward(d.Statuses.Nodes) { // the newest comes first
		state, known := deploymentStates[status.State]
		if !known {
			state = dora.StateWaiting
		}
		deployment.Statuses = append(deployment.Statuses, dora.DeploymentStatus{State: state, At: status.CreatedAt.UTC()})
		if status.LogURL != "" {
			deployment.URL = status.LogURL
			deployment.Run = cmp.Or(dora.RunAt(status.LogURL), deployment.Run)
		}
		if status.CreatedAt.After(deployment.Updated) { // not every server moves updatedAt with a status
			deployment.Updated = status.CreatedAt.UTC()
		}
	}
	slices.SortStableFunc(deployment.Statuses, func(a, b dora.DeploymentStatus) int { return a.At.Compare(b.At) })
	return deployment
}

// incident makes an incident of an issue. One that carries none of the labels is withdrawn if it is known to have been
// one, or if it may have been handed over before; otherwise it is nothing and nil.
func (s *Source) incident(repository string, i issueNode, generation int, mayBeKnown bool) *dora.Incident {
	labels := names(i.Labels)
	incident := &dora.Incident{
		Header: dora.Header{
			Source: s.config.ID, ID: repository + ":issue:" + strconv.FormatInt(i.Number, 10), Updated: i.UpdatedAt.UTC(),
			Rank: generation<<generationBits + min(i.TimelineItems.TotalCount, 1<<generationBits-1),
		},
		Repository: repository, Number: i.Number, Title: i.Title, Body: i.Body, URL: i.URL, Labels: labels, Opened: i.CreatedAt.UTC(),
	}
	if i.Closed && i.ClosedAt != nil {
		incident.Resolved = i.ClosedAt.UTC()
	}
	if !s.marksIncident(labels) {
		var lost []string
		for _, item := range i.TimelineItems.Nodes {
			if item.Label != nil {
				lost = append(lost, item.Label.Name)
			}
		}
		if !mayBeKnown && !s.marksIncident(lost) {
			return nil
		}
		incident.Withdrawn = true
		return incident
	}
	for _, label := range labels {
		if severity, found := s.config.Incidents.Severity.Capture(label); found {
			incident.Severity = severity
			break
		}
	}
	return incident
}

// generationBits leaves room in an incident's rank below the number of times that the configured labels changed: an
// issue read under new labels replaces what was made of it under the old ones.
const generationBits = 20

func (s *Source) marksIncident(labels []string) bool {
	for _, label := range labels {
		for _, wanted := range s.config.Incidents.Labels {
			if strings.EqualFold(label, wanted) {
				return true
			}
		}
	}
	return false
}

func names(labels *pages.Page[nameNode]) []string {
	if labels == nil {
		return nil
	}
	list := make([]string, len(labels.Nodes))
	for i, label := range labels.Nodes {
		list[i] = label.Name
	}
	return list
}

func (s *Source) repository(p *position, updated time.Time) *dora.Repository {
	return &dora.Repository{
		Header: dora.Header{Source: s.config.ID, ID: p.Name, Updated: updated.UTC()},
		Name:   p.Name, DefaultBranch: p.Branch, HeadSHA: p.Head, URL: p.URL, Formerly: p.Formerly, Began: p.Began, Traits: p.Traits,
	}
}
