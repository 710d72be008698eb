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

var ownersPaths = []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}

type blobNode struct {
	Text        *string // null where it is no text
	IsTruncated bool
}

type ownersNode struct {
	OwnersInGitHub *blobNode
	OwnersAtRoot   *blobNode
	OwnersInDocs   *blobNode

	ownersTold bool // they were asked for
}

// codeOwners is the file, empty where there is none, or where it is too long to be told whole.
func (n *ownersNode) codeOwners() string {
	for _, each := range []*blobNode{n.OwnersInGitHub, n.OwnersAtRoot, n.OwnersInDocs} {
		if each != nil && each.Text != nil {
			if each.IsTruncated {
				return ""
			}
			return *each.Text
		}
	}
	return ""
}

// contentRecord is a file, as REST tells it.
type contentRecord struct {
	Content  maybe[string] `json:"content"`
	Encoding maybe[string] `json:"encoding"`
}

// readOwners reads the file over REST.
func (a rest) readOwners(ctx context.Context, part string, into *ownersNode) error {
	into.ownersTold = true
	for _, path := range ownersPaths {
		file, _, err := fetch[contentRecord](ctx, a.run, part, repositoryPath(part)+"/contents/"+path, "")
		if isAbsent(err, http.StatusNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if file.Encoding.value == "base64" { // of one that is larger than a megabyte GitHub tells none
			if text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(file.Content.value, "\n", "")); err == nil {
				content := string(text)
				into.OwnersInGitHub = &blobNode{Text: &content}
			}
		}
		return nil
	}
	return nil
}
