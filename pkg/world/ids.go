package world

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// prefixes start the node ids of each type, as on GitHub.
var prefixes = map[string]string{
	"Repository": "R_", "Deployment": "DE_", "DeploymentStatus": "DES_", "PullRequest": "PR_", "Issue": "I_", "Commit": "C_",
	"User": "U_", "Bot": "BOT_", "PullRequestReview": "PRR_", "Release": "RE_", "Label": "LA_", "Ref": "REF_", "Organization": "O_",
	"IssueEvent": "EV_",
}

func nodeID(kind string, id int64) string { return nodeIDOf(kind, strconv.FormatInt(id, 10)) }

func nodeIDOf(kind, id string) string {
	return prefixes[kind] + "kw" + base64.RawURLEncoding.EncodeToString([]byte(id))
}

// node is what a node id stands for, or nil.
func (w *World) node(id string) any {
	prefix, coded, found := strings.Cut(id, "_kw")
	if !found {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(coded)
	if err != nil {
		return nil
	}
	number, _ := strconv.ParseInt(string(raw), 10, 64)
	for _, r := range w.repos {
		switch prefix + "_" {
		case prefixes["Repository"]:
			if r.id == number {
				return r
			}
		case prefixes["Deployment"]:
			for _, d := range r.deployments {
				if d.id == number {
					return d
				}
			}
		case prefixes["PullRequest"]:
			for _, p := range r.pulls {
				if p.id == number {
					return p
				}
			}
		case prefixes["Issue"]:
			for _, i := range r.issues {
				if i.id == number {
					return i
				}
			}
		case prefixes["Commit"]:
			if c := r.commits[string(raw)]; c != nil {
				return c
			}
		}
	}
	return nil
}
