package gitlab

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

var (
	_ source.Receiver = (*Source)(nil)
	_ source.Poster   = (*Source)(nil)
)

// payload is what of GitLab's webhooks is read. No field is needed but the project's path: a webhook has the project read, and
// becomes no event itself, since it tells times by the second and a deployment's commit by half.
type payload struct {
	Kind    string `json:"object_kind"`
	Event   string `json:"event_name"` // of a system hook
	Ref     string `json:"ref"`
	Status  string `json:"status"` // of a deployment
	Project struct {
		Path          string `json:"path_with_namespace"`
		DefaultBranch string `json:"default_branch"`
	} `json:"project"`
	Object struct {
		Status       string `json:"status"` // of a pipeline
		State        string `json:"state"`
		Action       string `json:"action"`
		Type         string `json:"type"`          // of an issue
		NoteableType string `json:"noteable_type"` //nolint:misspell // as GitLab has it
	} `json:"object_attributes"`
	Labels []struct {
		Title string `json:"title"`
	} `json:"labels"`
	MergeRequest struct {
		State string `json:"state"`
	} `json:"merge_request"`
}

// hooks say what each of GitLab's webhooks means: why there is nothing to do, or nothing where the project is to be read.
var hooks = map[string]func(*Source, *payload) string{
	"deployment":    (*Source).toldDeployment,
	"pipeline":      (*Source).toldPipeline,
	"merge_request": (*Source).toldMergeRequest,
	"note":          (*Source).toldNote,
	"push":          (*Source).toldPush,
	"tag_push":      (*Source).toldTag,
	"release":       (*Source).toldRelease,
	"issue":         (*Source).toldIssue,
	"work_item":     (*Source).toldIssue,
}

// moves are what groups and instances tell of projects that have another name, or are gone.
var moves = []string{"project_rename", "project_transfer", "project_update", "project_destroy", "project_create", "group_rename", "subgroup_destroy"}

// Receive implements source.Receiver.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	p := payload{}
	if err := json.Unmarshal(body, &p); err != nil {
		return source.Received{}, unreadable(err)
	}
	kind := p.Kind
	if kind == "" {
		kind = p.Event
	}
	received := source.Received{Kind: kind}
	hook, known := hooks[kind]
	switch {
	case kind == "":
		return source.Received{}, &source.Mistake{Field: "object_kind", Problem: "is missing; GitLab sends it with every webhook"}
	case slices.Contains(moves, kind):
		received.Everything = true
	case !known:
		received.Ignored = "webhooks of this kind tell nothing that figures need"
	case p.Project.Path == "":
		return source.Received{}, &source.Mistake{Field: "project.path_with_namespace", Problem: "is missing"}
	case s.unusable != nil || !s.selection.Takes(p.Project.Path):
		received.Ignored = "this source does not read that project"
	default:
		if received.Ignored = hook(s, &p); received.Ignored == "" {
			received.Refresh = []string{p.Project.Path}
		}
	}
	return received, nil
}

// unreadable is a genuine call that cannot be read. It repeats no value.
func unreadable(err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return &source.Mistake{Field: mistyped.Field, Problem: "is of another type than GitLab documents"}
	}
	return &source.Mistake{Problem: "the body is no JSON"}
}

// from is what deployments are of the project that a call is about.
func (s *Source) from(p *payload) From { return s.habits.Of(p.Project.Path).of() }

func (s *Source) fromOther(p *payload) string {
	return "deployments of this project are " + string(s.from(p))
}

// toldDeployment has a deployment read that has ended; one that is under way changes no figure.
func (s *Source) toldDeployment(p *payload) string {
	switch state := deploymentStates[p.Status]; {
	case s.from(p) != FromDeployments:
		return s.fromOther(p)
	case p.Status != "" && !ends(state):
		return "a deployment that is under way is read when it has ended"
	}
	return ""
}

func (s *Source) toldPipeline(p *payload) string {
	switch state := pipelineStates[p.Object.Status]; {
	case s.from(p) != FromPipelines:
		return s.fromOther(p)
	case p.Object.Status != "" && !ends(state):
		return "a pipeline that is under way is read when it has ended"
	}
	return ""
}

func ends(state dora.DeploymentState) bool {
	return state == dora.StateSuccess || state == dora.StateFailure
}

func (s *Source) toldMergeRequest(p *payload) string {
	if p.Object.State != "merged" && p.Object.Action != "merge" {
		return "this merge request is not merged"
	}
	return ""
}

func (s *Source) toldNote(p *payload) string {
	if p.Object.NoteableType != "MergeRequest" || p.MergeRequest.State != "merged" {
		return "comments are read once the merge request is merged"
	}
	return ""
}

func (s *Source) toldPush(p *payload) string {
	if branch := p.Project.DefaultBranch; branch != "" && p.Ref != "refs/heads/"+branch {
		return "what is pushed there is read once it is merged or deployed"
	}
	return ""
}

func (s *Source) toldTag(p *payload) string {
	if s.from(p) != FromTags {
		return s.fromOther(p)
	}
	return ""
}

func (s *Source) toldRelease(p *payload) string {
	if s.from(p) != FromReleases {
		return s.fromOther(p)
	}
	return ""
}

// toldIssue has issues read where one is an incident, or may have been one until now: a change of type or labels is an update.
func (s *Source) toldIssue(p *payload) string {
	if s.config.Incidents.From == NoIncidents {
		return "this source does not read issues"
	}
	issue := &issueRecord{IssueType: p.Object.Type}
	for _, label := range p.Labels {
		issue.Labels = append(issue.Labels, label.Title)
	}
	if !s.isIncident(issue) && p.Object.Action != "update" {
		return "this issue is no incident"
	}
	return ""
}

// proves says whether a call carries the secret token, or a signature made with the signing token, whichever is configured.
func proves(secret string, header http.Header, body []byte) error {
	if secret == "" {
		return source.ErrNoSecret
	}
	if strings.HasPrefix(secret, source.StandardSecret) {
		return source.ProvesStandard(secret, header, body)
	}
	// Hashed first, so that not even the length shows.
	a, b := sha256.Sum256([]byte(header.Get("X-Gitlab-Token"))), sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return source.ErrForged
	}
	return nil
}

// Posted implements source.Poster.
func (s *Source) Posted(project, id string) (string, int64, error) {
	if from := s.habits.Of(project).of(); from != FromDeployments {
		return "", 0, fmt.Errorf("deployments of this project are %s, which are read; post to a source of type webhook instead", from)
	}
	if s.unusable != nil || !s.selection.Takes(project) {
		return "", 0, fmt.Errorf("%q is none of the projects that this source reads", project)
	}
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil || number <= 0 {
		return "", 0, fmt.Errorf("%q is no number of a GitLab deployment; allowed: what GitLab calls its id", id)
	}
	return deploymentID(project, number), number, nil
}
