package intake

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Change is a merged pull or merge request as it is posted, whole.
type Change struct {
	Repository  string         `json:"repository"`
	Number      int            `json:"number"`
	Title       string         `json:"title"`
	Body        string         `json:"body"`
	URL         string         `json:"url"`
	Author      string         `json:"author"`
	Labels      []string       `json:"labels"`
	Base        string         `json:"base"`
	Branch      string         `json:"branch"`
	Opened      Moment         `json:"opened"`
	Merged      Moment         `json:"merged"`
	MergeCommit string         `json:"mergeCommit"`
	Commits     []ChangeCommit `json:"commits"`
	Reviews     []Review       `json:"reviews"`
	Updated     Moment         `json:"updated"`
}

// ChangeCommit is a commit of a change's own branch.
type ChangeCommit struct {
	SHA      string `json:"sha"`
	Authored Moment `json:"authored"`
}

// Review is a review of a change.
type Review struct {
	Author string      `json:"author"`
	State  ReviewState `json:"state"`
	At     Moment      `json:"at"`
}

// ReviewState is what a review says.
type ReviewState string

// Allowed lists the states.
func (ReviewState) Allowed() []string {
	return []string{dora.ReviewApproved, "changes_requested", "commented", "dismissed"}
}

func (r *reader) change(value any) []dora.Event {
	var c Change
	if !r.decode(value, &c) {
		return nil
	}
	r.repository(&c.Repository)
	if c.Number <= 0 {
		r.fail("number", "%d is not allowed; allowed: the number of the pull or merge request", c.Number)
	}
	r.text("title", c.Title, titleLimit, true)
	r.text("body", c.Body, bodyLimit, false)
	r.url(c.URL)
	for _, text := range []struct{ field, value string }{{"author", c.Author}, {"base", c.Base}, {"branch", c.Branch}} {
		r.text(text.field, text.value, nameLimit, false)
	}
	r.labels(c.Labels)
	r.moment("opened", c.Opened, true)
	r.moment("merged", c.Merged, true)
	r.after("merged", c.Merged, "opened", c.Opened)
	r.moment("updated", c.Updated, false)
	r.after("updated", c.Updated, "merged", c.Merged)
	r.sha("mergeCommit", c.MergeCommit)
	if !r.size("commits", len(c.Commits)) || !r.size("reviews", len(c.Reviews)) {
		return nil
	}
	e := &dora.Change{
		Header:     dora.Header{Source: r.Source, ID: c.Repository + ":pull:" + strconv.Itoa(c.Number), Updated: dora.Latest(c.Merged.Time, c.Updated.Time), Rank: dora.Told},
		Repository: c.Repository, Number: c.Number, Title: c.Title, Body: c.Body, URL: c.URL, Author: c.Author, Labels: c.Labels,
		Base: c.Base, Branch: c.Branch, Opened: c.Opened.Time, Merged: c.Merged.Time, MergeCommit: c.MergeCommit, Commits: []dora.ChangeCommit{},
	}
	for i, each := range c.Commits {
		at := fmt.Sprintf("commits[%d]", i)
		r.sha(at+".sha", each.SHA)
		r.authored(at+".authored", each.Authored, true)
		e.Commits = append(e.Commits, dora.ChangeCommit{SHA: each.SHA, Authored: each.Authored.Time})
	}
	for i, each := range c.Reviews {
		at := fmt.Sprintf("reviews[%d]", i)
		r.text(at+".author", each.Author, nameLimit, true)
		if each.State == "" {
			r.fail(at+".state", "is missing; allowed: %s", strings.Join(each.State.Allowed(), ", "))
		}
		r.moment(at+".at", each.At, true)
		r.after(at+".at", each.At, "opened", c.Opened)
		e.Reviews = append(e.Reviews, dora.Review{Author: each.Author, State: string(each.State), At: each.At.Time})
		e.Updated = dora.Latest(e.Updated, each.At.Time)
	}
	if len(r.mistakes) > 0 {
		return nil
	}
	return []dora.Event{e}
}

func (r *reader) labels(labels []string) {
	if !r.size("labels", len(labels)) {
		return
	}
	for i, label := range labels {
		r.text(fmt.Sprintf("labels[%d]", i), label, nameLimit, true)
	}
}
