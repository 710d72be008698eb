package gitlab

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

const botSuffix = "[bot]"

// botNames are what GitLab calls the accounts of access tokens, of its own services and of service accounts.
var botNames = regexp.MustCompile(`^((project|group)_\d+_bot(_[0-9a-f]+|\d*)?|service_account(_group|_project)?_.+|alert-bot|support-bot|(?i:gitlab-[a-z-]*bot))$`)

// machine says that a user is no person, as far as this can be told by the name.
func (u *userRecord) machine() bool { return u.Bot || botNames.MatchString(u.Username) }

// who names a user; a machine has the suffix [bot] exactly once.
func who(u *userRecord, machine bool) string {
	switch {
	case u == nil:
		return ""
	case machine:
		return strings.TrimSuffix(u.Username, botSuffix) + botSuffix
	}
	return u.Username
}

// writer names a commit's author. A commit tells a name and an address and no account; the address of an account of
// GitLab's own is its name at noreply.
func (c *commitRecord) writer() string {
	local, host, _ := strings.Cut(c.AuthorEmail, "@")
	switch {
	case strings.HasSuffix(c.AuthorName, botSuffix):
		return strings.TrimSuffix(c.AuthorName, botSuffix) + botSuffix
	case strings.HasPrefix(host, "noreply.") && botNames.MatchString(local):
		return c.AuthorName + botSuffix
	}
	return c.AuthorName
}

func (s *Source) commit(project string, c *commitRecord) *dora.Commit {
	authored := c.AuthoredDate.Time
	if authored.IsZero() {
		authored = c.CommittedDate.Time
	}
	parents := c.ParentIDs
	if parents == nil {
		parents = []string{}
	}
	return &dora.Commit{
		Header:     dora.Header{Source: s.config.ID, ID: project + "@" + c.ID, Updated: c.CommittedDate.Time},
		Repository: project, SHA: c.ID, Parents: parents, Authored: authored, Committed: c.CommittedDate.Time,
		Author: c.writer(), Message: dora.Shorten(c.Message, dora.MessageLimit),
	}
}

// mergeRequestID is what a merge request's event is called.
func mergeRequestID(project string, iid int64) string {
	return project + ":merge_request:" + strconv.FormatInt(iid, 10)
}

// details are what the list does not tell of a merge request.
type details struct {
	commits []dora.ChangeCommit
	reviews []dora.Review
	author  string
	files   *dora.Files // nil where they were not asked for
}

// reviewNotes say what GitLab's own notes of a person's act on a merge request mean. Others, such as those of commits that
// were added, are no reviews; nor is an approval that is taken back.
var reviewNotes = map[string]string{
	"approved this merge request": dora.ReviewApproved,
	"requested changes":           "changes_requested",
}

// review makes a review of a note, where it is one.
func review(body string, system bool, author string, at time.Time) (dora.Review, bool) {
	state := "commented"
	if system {
		var acts bool
		if state, acts = reviewNotes[strings.TrimSpace(body)]; !acts {
			return dora.Review{}, false
		}
	}
	return dora.Review{Author: author, State: state, At: at.UTC()}, author != ""
}

func (s *Source) change(project string, m *mergeRequestRecord, more details) *dora.Change {
	merged := m.MergedAt.Time
	if merged.IsZero() { // lost: it was merged when it was closed, or before its last change
		if merged = m.ClosedAt.Time; merged.IsZero() {
			merged = m.UpdatedAt.Time
		}
	}
	slices.SortStableFunc(more.reviews, func(a, b dora.Review) int { return a.At.Compare(b.At) })
	return &dora.Change{
		Header: dora.Header{
			Source: s.config.ID, ID: mergeRequestID(project, m.IID), Updated: m.UpdatedAt.Time,
			Rank: len(more.commits) + len(more.reviews) + rankOf(more.files),
		},
		Repository: project, Number: int(m.IID), Title: m.Title, Body: m.Description, URL: m.WebURL, Author: more.author,
		Labels: m.Labels, Base: m.TargetBranch, Branch: m.SourceBranch, Opened: m.CreatedAt.Time, Merged: merged,
		MergeCommit: m.landed(), Commits: more.commits, Reviews: more.reviews, Files: more.files,
	}
}

// deploymentStates say what GitLab's states mean. One that is not here does not end anything: it waits.
var deploymentStates = map[string]dora.DeploymentState{
	"created": dora.StateWaiting, "blocked": dora.StateWaiting, "running": dora.StateRunning,
	"success": dora.StateSuccess, "failed": dora.StateFailure, "canceled": dora.StateFailure, "skipped": dora.StateFailure,
}

func deploymentID(project string, id int64) string {
	return project + ":deployment:" + strconv.FormatInt(id, 10)
}

// deployment makes a deployment of what GitLab tells. Its steps are when it was made, when its job began and when that
// ended; what has no job ended at its last change, which is all that REST tells.
func (s *Source) deployment(project string, d *deploymentRecord) *dora.Deployment {
	deployment := &dora.Deployment{
		Header:     dora.Header{Source: s.config.ID, ID: deploymentID(project, d.ID), Updated: d.UpdatedAt.Time},
		Repository: project, Number: d.ID, Environment: d.Environment.Name, SHA: d.SHA, Ref: d.Ref, Created: d.CreatedAt.Time,
		Statuses: []dora.DeploymentStatus{{State: dora.StateWaiting, At: d.CreatedAt.Time}},
	}
	if d.User != nil {
		deployment.Creator = who(d.User, d.User.machine())
	}
	began, ended := time.Time{}, d.FinishedAt.Time
	if job := d.Deployable; job != nil {
		deployment.Task, deployment.URL, began = job.Name, job.WebURL, job.StartedAt.Time
		if ended.IsZero() {
			ended = job.FinishedAt.Time
		}
		deployment.RefKind = dora.RefBranch
		if job.Tag {
			deployment.RefKind = dora.RefTag
		}
		if job.User != nil {
			deployment.Creator = who(job.User, job.User.machine())
		}
	}
	state, known := deploymentStates[d.Status]
	if !known {
		state = dora.StateWaiting
	}
	if !began.IsZero() {
		deployment.Statuses = append(deployment.Statuses, dora.DeploymentStatus{State: dora.StateRunning, At: began})
	}
	switch {
	case state == dora.StateSuccess || state == dora.StateFailure:
		if ended.IsZero() {
			ended = d.UpdatedAt.Time
		}
		deployment.Statuses = append(deployment.Statuses, dora.DeploymentStatus{State: state, At: ended})
	case state == dora.StateRunning && began.IsZero():
		deployment.Statuses = append(deployment.Statuses, dora.DeploymentStatus{State: state, At: d.UpdatedAt.Time})
	}
	deployment.Rank = len(deployment.Statuses)
	for _, status := range deployment.Statuses { // a version is not older than what it tells
		deployment.Updated = dora.Latest(deployment.Updated, status.At)
	}
	return deployment
}

// generationBits leaves room in an incident's rank below the number of times that what makes an incident was changed: an
// issue that is read under new settings replaces what was made of it under the old ones.
const generationBits = 20

func incidentID(project string, iid int64) string {
	return project + ":issue:" + strconv.FormatInt(iid, 10)
}

// severities are GitLab's of incidents, the worst first. Unknown is what nobody set.
var severities = map[string]string{"critical": "1", "high": "2", "medium": "3", "low": "4"}

// incident makes an incident of an issue, withdrawn where it is none.
func (s *Source) incident(project string, i *issueRecord, generation int) *dora.Incident {
	incident := &dora.Incident{
		Header:     dora.Header{Source: s.config.ID, ID: incidentID(project, i.IID), Updated: i.UpdatedAt.Time, Rank: generation << generationBits},
		Repository: project, Number: i.IID, Title: i.Title, Body: i.Description, URL: i.WebURL, Labels: i.Labels,
		Opened: i.CreatedAt.Time, Withdrawn: !s.isIncident(i),
	}
	if i.State == "closed" {
		incident.Resolved = i.ClosedAt.Time
	}
	for _, label := range i.Labels {
		if severity, found := s.config.Incidents.Severity.Capture(label); found {
			incident.Severity = severity
			break
		}
	}
	if incident.Severity == "" && strings.EqualFold(i.IssueType, incidentType) {
		incident.Severity = severities[strings.ToLower(i.Severity)]
	}
	return incident
}

const incidentType = "incident"

// isIncident says whether an issue is an incident: by its type, or by one of the labels where these are configured.
func (s *Source) isIncident(i *issueRecord) bool {
	if len(s.config.incidentLabels) == 0 {
		return strings.EqualFold(i.IssueType, incidentType)
	}
	return slices.ContainsFunc(i.Labels, func(label string) bool {
		return slices.ContainsFunc(s.config.incidentLabels, func(wanted string) bool { return strings.EqualFold(label, wanted) })
	})
}

// repository tells of a project.
func (s *Source) repository(p *position, updated time.Time) *dora.Repository {
	return &dora.Repository{
		Header: dora.Header{Source: s.config.ID, ID: p.Name, Updated: updated.UTC()},
		Name:   p.Name, DefaultBranch: p.Branch, HeadSHA: p.Head, URL: p.URL, Number: p.ID, Formerly: p.Formerly, Began: p.Began, Traits: p.Traits,
	}
}
