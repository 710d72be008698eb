package github

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// taggedNode is a tag with what it leads to: a commit, or an annotation of one.
type taggedNode struct {
	ID     string
	Name   string
	Target *struct {
		Typename      string `json:"__typename"`
		OID           string
		CommittedDate time.Time
		Tagger        *struct{ Date *time.Time }
		Target        *struct {
			OID           string
			CommittedDate time.Time
		}
	}
}

type releaseNode struct {
	ID           string
	DatabaseID   int64
	TagName      string
	URL          string
	IsDraft      bool
	IsPrerelease bool
	CreatedAt    time.Time
	UpdatedAt    time.Time
	PublishedAt  *time.Time
	Author       *actor
	TagCommit    *oidNode
}

func (n taggedNode) Key() string  { return n.ID }
func (n releaseNode) Key() string { return n.ID }

const releasesText = `query Releases($owner: String!, $name: String!, $width: Int!, $page: String) { ` + rateLimit + `
  repository(owner: $owner, name: $name) { releases(first: $width, after: $page, orderBy: {field: CREATED_AT, direction: DESC}) { ` + pageFields + ` totalCount
    nodes { id databaseId tagName url isDraft isPrerelease createdAt updatedAt publishedAt author ` + actorFields + ` tagCommit { oid } } } }
}`

const tagsText = `query Tags($owner: String!, $name: String!, $width: Int!, $page: String) { ` + rateLimit + `
  repository(owner: $owner, name: $name) { refs(refPrefix: "refs/tags/", first: $width, after: $page, orderBy: {field: TAG_COMMIT_DATE, direction: DESC}) { ` + pageFields + ` totalCount
    nodes { id name target { __typename oid ... on Commit { committedDate } ... on Tag { tagger { date } target { oid ... on Commit { committedDate } } } } } } }
}`

// askForPage puts one of the queries above.
func (r graphql) askForPage(ctx context.Context, s *repositorySync, text string, into any) error {
	return r.ask(ctx, question{part: s.part, text: text, variables: func(width int) map[string]any {
		v := named(s.part)
		v["width"], v["page"] = width, optional(s.runs.Stream.Page)
		return v
	}}, into)
}

// released reads a page of releases. A draft is none yet, and one whose tag is gone tells of no commit.
func (r graphql) released(ctx context.Context, s *repositorySync, node *repositoryNode) error {
	var answer struct {
		Repository *struct{ Releases pages.Page[releaseNode] }
	}
	if err := r.askForPage(ctx, s, releasesText, &answer); err != nil {
		return err
	}
	if answer.Repository == nil {
		return r.noRepository(s.part, nil)
	}
	list := answer.Repository.Releases
	if s.met.way("refs").Follow(len(list.Nodes), list.PageInfo) != nil {
		return r.Endless(s.part)
	}
	node.Deployments = &pages.Page[deploymentNode]{PageInfo: list.PageInfo, TotalCount: list.TotalCount, Counted: list.Counted}
	for _, each := range list.Nodes {
		deployment := deploymentNode{
			ID: each.ID, DatabaseID: each.DatabaseID, name: fmt.Sprintf("release:%d", each.DatabaseID), Environment: s.habit.Target(),
			CreatedAt: each.CreatedAt, UpdatedAt: each.UpdatedAt, Creator: each.Author, Ref: &refNode{Name: each.TagName, Prefix: tagPrefix},
		}
		if each.IsDraft || each.PublishedAt == nil || each.TagCommit == nil || (each.IsPrerelease && !s.habit.Prereleases) {
			deployment.known, deployment.draft = true, true
		} else {
			deployment.CommitOID, deployment.Statuses = each.TagCommit.OID, succeeded(*each.PublishedAt, each.URL)
		}
		node.Deployments.Nodes = append(node.Deployments.Nodes, deployment)
	}
	return nil
}

// tagged reads a page of tags. A tag that was annotated is as old as its annotation, another as its commit.
func (r graphql) tagged(ctx context.Context, s *repositorySync, node *repositoryNode) error {
	var answer struct {
		Repository *struct{ Refs pages.Page[taggedNode] }
	}
	if err := r.askForPage(ctx, s, tagsText, &answer); err != nil {
		return err
	}
	if answer.Repository == nil {
		return r.noRepository(s.part, nil)
	}
	list := answer.Repository.Refs
	if s.met.way("refs").Follow(len(list.Nodes), list.PageInfo) != nil {
		return r.Endless(s.part)
	}
	node.Deployments = &pages.Page[deploymentNode]{PageInfo: list.PageInfo, TotalCount: list.TotalCount, Counted: list.Counted}
	for _, each := range list.Nodes {
		if deployment, leads := tagOf(s.habit, each); leads {
			node.Deployments.Nodes = append(node.Deployments.Nodes, deployment)
		}
	}
	return nil
}

// tagOf says whether a tag leads to a commit, and makes a deployment of it. It is sorted by the commit's time.
func tagOf(habit Habit, t taggedNode) (deploymentNode, bool) {
	if t.Target == nil {
		return deploymentNode{}, false
	}
	commit, committed, at := t.Target.OID, t.Target.CommittedDate, t.Target.CommittedDate
	if inner := t.Target.Target; inner != nil {
		commit, committed, at = inner.OID, inner.CommittedDate, inner.CommittedDate
		if tagger := t.Target.Tagger; tagger != nil && tagger.Date != nil {
			at = *tagger.Date
		}
	}
	order := fnv.New32a()
	_, _ = order.Write([]byte(t.Name)) // it cannot fail
	return deploymentNode{
		ID: t.ID, name: "tag:" + t.Name, DatabaseID: numbered(at, uint16(order.Sum32())), CommitOID: commit, Environment: habit.Target(),
		CreatedAt: committed, UpdatedAt: at, Ref: &refNode{Name: t.Name, Prefix: tagPrefix}, Statuses: succeeded(at, ""),
	}, !committed.IsZero()
}
