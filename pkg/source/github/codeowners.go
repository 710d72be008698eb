package github

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
)

// The file CODEOWNERS of the default branch comes with the repository, where something goes by it. GitHub goes by the first that
// there is, in this order.
const ownersClause = `
    ownersInGitHub: object(expression: "HEAD:.github/CODEOWNERS") { ... on Blob { text isTruncated } }
    ownersAtRoot: object(expression: "HEAD:CODEOWNERS") { ... on Blob { text isTruncated } }
    ownersInDocs: object(expression: "HEAD:docs/CODEOWNERS") { ... on Blob { text isTruncated } }`

// catalogClause asks for the file catalog-info.yaml likewise.
const catalogClause = `
    catalogInfo: object(expression: "HEAD:catalog-info.yaml") { ... on Blob { text isTruncated } }`

const catalogPath = "catalog-info.yaml"

var ownersPaths = []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}

type blobNode struct {
	Text        *string // null where it is no text
	IsTruncated bool
}

type ownersNode struct {
	OwnersInGitHub *blobNode
	OwnersAtRoot   *blobNode
	OwnersInDocs   *blobNode
	CatalogInfo    *blobNode

	ownersTold, catalogTold bool // they were asked for
}

// codeOwners is the file, empty where there is none, or where it is too long to be told whole.
func (n *ownersNode) codeOwners() string {
	for _, each := range []*blobNode{n.OwnersInGitHub, n.OwnersAtRoot, n.OwnersInDocs} {
		if each != nil && each.Text != nil {
			return each.whole()
		}
	}
	return ""
}

// whole is the text of a file, empty where there is none, or not all of it was told.
func (n *blobNode) whole() string {
	if n == nil || n.Text == nil || n.IsTruncated {
		return ""
	}
	return *n.Text
}

// contentRecord is a file, as REST tells it.
type contentRecord struct {
	Content  maybe[string] `json:"content"`
	Encoding maybe[string] `json:"encoding"`
}

// readFiles reads over REST those of the files that something goes by and that are not known.
func (a rest) readFiles(ctx context.Context, s *repositorySync, unchanged bool) error {
	into := &s.met.about.ownersNode
	if a.config.CodeOwners && (!unchanged || !s.state.OwnersRead) {
		into.ownersTold = true
		for _, path := range ownersPaths {
			file, there, err := a.file(ctx, s.part, path)
			if err != nil {
				return err
			}
			if there {
				into.OwnersInGitHub = file
				break
			}
		}
	}
	if a.config.CatalogInfo && (!unchanged || !s.state.CatalogRead) {
		file, _, err := a.file(ctx, s.part, catalogPath)
		if err != nil {
			return err
		}
		into.CatalogInfo, into.catalogTold = file, true
	}
	return nil
}

// file reads a file of the default branch. It says false where there is none.
func (a rest) file(ctx context.Context, part, path string) (*blobNode, bool, error) {
	file, _, err := fetch[contentRecord](ctx, a.run, part, repositoryPath(part)+"/contents/"+path, "")
	if isAbsent(err, http.StatusNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if file.Encoding.value == "base64" { // of one that is larger than a megabyte GitHub tells none
		if text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(file.Content.value, "\n", "")); err == nil {
			content := string(text)
			return &blobNode{Text: &content}, true, nil
		}
	}
	return nil, true, nil
}
