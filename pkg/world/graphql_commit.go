package world

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// gitActor is a commit's author or committer, with the time.
type gitActor struct {
	person *person
	at     time.Time
}

func (c *commit) headline() string {
	first, _, _ := strings.Cut(c.message, "\n")
	return first
}

func (c *commit) url() string { return c.repo.htmlURL() + "/commit/" + c.sha }

func defineCommit() {
	define("Commit", []string{"Node", "GitObject"}, map[string]*field{
		"id":              leaf(func(c *commit) any { return nodeIDOf("Commit", c.sha) }),
		"oid":             leaf(func(c *commit) any { return c.sha }),
		"abbreviatedOid":  leaf(func(c *commit) any { return c.sha[:7] }),
		"message":         leaf(func(c *commit) any { return c.message }),
		"messageHeadline": leaf(func(c *commit) any { return c.headline() }),
		"messageBody": leaf(func(c *commit) any {
			return strings.TrimLeft(strings.TrimPrefix(c.message, c.headline()), "\n")
		}),
		"authoredDate":            leaf(func(c *commit) any { return stamp(c.authored) }),
		"committedDate":           leaf(func(c *commit) any { return stamp(c.committed) }),
		"pushedDate":              leaf(func(*commit) any { return nil }),
		"url":                     leaf(func(c *commit) any { return c.url() }),
		"commitUrl":               leaf(func(c *commit) any { return c.url() }),
		"author":                  on("GitActor", func(c *commit) any { return gitActor{c.author, c.authored} }),
		"committer":               on("GitActor", func(c *commit) any { return gitActor{c.committer, c.committed} }),
		"changedFilesIfAvailable": leaf(func(c *commit) any { return c.files }),
		"repository":              on("Repository", func(c *commit) any { return c.repo }),
		"parents":                 many("Commit", nil, func(c *commit, a arguments) (any, error) { return listed(a, c.parents) }),
		"history":                 many("Commit", []string{"since", "until", "path", "author"}, commitHistory),
		"associatedPullRequests": many("PullRequest", []string{"orderBy"}, func(c *commit, a arguments) (any, error) {
			return listed(a, c.shown())
		}),
	})
	define("GitActor", nil, map[string]*field{
		"name":  leaf(func(g gitActor) any { return g.person.name() }),
		"email": leaf(func(g gitActor) any { return g.person.email() }),
		"date":  leaf(func(g gitActor) any { return stamp(g.at) }),
		"user": on("User", func(g gitActor) any {
			if g.person.bot {
				return nil // a Bot is no User
			}
			return g.person
		}),
	})
}

// commitHistory pages git's log; its cursors are "<oid> <index>" as GitHub's are.
func commitHistory(c *commit, a arguments) (any, error) {
	for _, unknown := range []string{"path", "author"} {
		if a[unknown] != nil {
			return nil, fmt.Errorf("history by %s is not part of this world", unknown)
		}
	}
	since, until := time.Time{}, time.Time{}
	for name, into := range map[string]*time.Time{"since": &since, "until": &until} {
		if text := a.text(name); text != "" {
			t, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return nil, fmt.Errorf("argument '%s' has an invalid value (%q), expected type 'GitTimestamp'", name, text)
			}
			*into = t
		}
	}
	var items []item
	for _, h := range history(c) {
		if !since.IsZero() && h.committed.Before(since) || !until.IsZero() && h.committed.After(until) {
			continue
		}
		items = append(items, item{key: int64(len(items)), value: h})
	}
	from, to := 0, len(items)
	for _, side := range []string{"after", "before"} {
		cursor := a.text(side)
		if cursor == "" {
			continue
		}
		oid, index, _ := strings.Cut(cursor, " ")
		n, err := strconv.Atoi(index)
		if err != nil || oid != c.sha || n < 0 {
			return nil, fmt.Errorf("`%s`: %w", cursor, errCursor)
		}
		if side == "after" {
			from = min(n+1, to)
		} else {
			to = min(n, to)
		}
	}
	p := &page{total: len(items), cursorOf: func(i item) string { return fmt.Sprintf("%s %d", c.sha, i.key) }}
	p.cut(a, items, from, max(from, to))
	return p, nil
}
