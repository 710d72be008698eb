package azuredevops

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

var _ source.Receiver = (*Source)(nil)

// payload is what of service hooks is read: which project it is, and whether there is anything to read. No event is made of
// it, since a stage's tells no commit and a pull request's a trial merge as well.
type payload struct {
	Event      string `json:"eventType"`
	Containers struct {
		Project struct {
			ID string `json:"id"`
		} `json:"project"`
	} `json:"resourceContainers"`
	Resource json.RawMessage `json:"resource"`
}

type resource struct {
	Status     string `json:"status"` // of a pull request
	RefUpdates []struct {
		Name string `json:"name"`
	} `json:"refUpdates"`
	Repository struct {
		DefaultBranch string `json:"defaultBranch"`
	} `json:"repository"`
	Stage struct {
		State string `json:"state"`
	} `json:"stage"`
}

// hooks say what each service hook means: why there is nothing to do, or nothing where the project is to be read.
var hooks = map[string]func(*Source, *resource) string{
	"git.push":               (*Source).toldPush,
	"git.pullrequest.merged": (*Source).toldPullRequest,
	"ms.vss-pipelines.stage-state-changed-event":         (*Source).toldStage,
	"ms.vss-release.deployment-completed-event":          (*Source).toldRelease,
	"ms.azure-devops-release.deployment-completed-event": (*Source).toldRelease,
	"workitem.created":  (*Source).toldItem,
	"workitem.updated":  (*Source).toldItem,
	"workitem.deleted":  (*Source).toldItem,
	"workitem.restored": (*Source).toldItem,
}

// Receive implements source.Receiver.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	var p payload
	var told resource
	err := json.Unmarshal(body, &p)
	hook, known := hooks[p.Event]
	if err == nil && known && len(p.Resource) > 0 {
		err = json.Unmarshal(p.Resource, &told)
	}
	if err != nil {
		return source.Received{}, unreadable(err)
	}
	received := source.Received{Kind: p.Event}
	switch {
	case p.Event == "":
		return source.Received{}, &source.Mistake{Field: "eventType", Problem: "is missing; Azure DevOps sends it with every service hook"}
	case !known:
		received.Ignored = "service hooks of this kind tell nothing that figures need"
	case s.unusable != nil:
		received.Ignored = "this source is not set up"
	case p.Containers.Project.ID == "":
		return source.Received{}, &source.Mistake{Field: "resourceContainers.project.id", Problem: "is missing"}
	default:
		if received.Ignored = hook(s, &told); received.Ignored == "" {
			received.Refresh = []string{p.Containers.Project.ID}
		}
	}
	return received, nil
}

// unreadable is a genuine call that cannot be read. It repeats no value.
func unreadable(err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return &source.Mistake{Field: mistyped.Field, Problem: "is of another type than Azure DevOps documents"}
	}
	return &source.Mistake{Problem: "the body is no JSON"}
}

func (s *Source) toldPush(told *resource) string {
	branch := told.Repository.DefaultBranch
	for _, ref := range told.RefUpdates {
		if branch == "" || ref.Name == branch {
			return ""
		}
	}
	return "what is pushed there is read once it is merged or deployed"
}

// toldPullRequest has one read that is completed: Azure DevOps tells of the trial merges of others in the same words.
func (s *Source) toldPullRequest(told *resource) string {
	if told.Status != "completed" {
		return "this pull request is not completed"
	}
	return ""
}

func (s *Source) toldStage(told *resource) string {
	switch {
	case !s.reads(FromEnvironments) && !s.reads(FromStages):
		return "deployments of this source are " + s.waysRead()
	case told.Stage.State != "" && told.Stage.State != "completed":
		return "a stage that is under way is read when it has ended"
	}
	return ""
}

// waysRead lists the ways in which deployments are read.
func (s *Source) waysRead() string {
	var ways []string
	for habit := range s.habits.All() {
		if way := string(habit.of()); !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	return strings.Join(ways, ", ")
}

func (s *Source) toldRelease(*resource) string {
	if !s.reads(FromReleases) {
		return "deployments of this source are " + s.waysRead()
	}
	return ""
}

func (s *Source) toldItem(*resource) string {
	if !slices.Contains([]IncidentsFrom{IncidentsByTags, IncidentsByType}, s.config.Incidents.From) {
		return "this source does not read work items"
	}
	return ""
}

// proves says whether a call carries the secret, in its header or as the password of basic authentication.
func proves(secret string, header http.Header, body []byte) error {
	encoded, basic := strings.CutPrefix(header.Get("Authorization"), "Basic ")
	if secret != "" && basic && header.Get(source.SecretHeader) == "" {
		text, err := base64.StdEncoding.DecodeString(encoded)
		_, password, _ := strings.Cut(string(text), ":")
		// Hashed first, so that not even the length shows.
		a, b := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(secret))
		if err != nil || subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
			return source.ErrForged
		}
		return nil
	}
	return source.Proves(secret, header, body)
}
