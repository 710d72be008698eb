package github

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// payload is what all of GitHub's webhooks have, and the parts of them that some hook reads.
type payload struct {
	Repository  toldRepository         `json:"repository"`
	Action      part[string]           `json:"action"`
	Deployment  part[deploymentRecord] `json:"deployment"`
	Status      part[statusRecord]     `json:"deployment_status"`
	WorkflowRun part[runRecord]        `json:"workflow_run"`
	Issue       part[issueRecord]      `json:"issue"`
	Label       part[labelRecord]      `json:"label"`
	PullRequest part[mergedRecord]     `json:"pull_request"`
	Ref         part[string]           `json:"ref"` // of a push
}

// toldRepository is the repository that a webhook tells of. Many kinds of webhooks that nobody reads have none, or another form.
type toldRepository struct {
	FullName      string
	DefaultBranch string
}

// UnmarshalJSON reads what can be read.
func (r *toldRepository) UnmarshalJSON(text []byte) error {
	var repository repositoryRecord
	_ = json.Unmarshal(text, &repository) // without a name it is refused where it is needed
	r.FullName, r.DefaultBranch = repository.FullName, repository.DefaultBranch
	return nil
}

// mergedRecord is of a pull request what a webhook is asked for.
type mergedRecord struct {
	Merged   bool   `json:"merged"`
	MergedAt moment `json:"merged_at"`
}

// part is a piece of a payload. It is read where a hook asks for it, so that what webhooks of other kinds have under the
// same name does not matter.
type part[T any] struct{ text json.RawMessage }

// UnmarshalJSON keeps it for later.
func (p *part[T]) UnmarshalJSON(text []byte) error {
	p.text = bytes.Clone(text)
	return nil
}

// read reads the piece, and makes sure that nothing is missing in it; nil where it is null or absent.
func (p part[T]) read(field string) (*T, error) {
	if len(p.text) == 0 || string(p.text) == "null" {
		return nil, nil //nolint:nilnil // it is not there, and whether that is wrong is for the hook to say
	}
	value := new(T)
	if err := json.Unmarshal(p.text, value); err != nil {
		return nil, unreadable(field, err)
	}
	if needy, ok := any(value).(wire.Record); ok && needy.Lacks() != "" {
		return nil, missing(field + "." + needy.Lacks())
	}
	return value, nil
}

// needed is read for what must be there.
func (p part[T]) needed(field string) (*T, error) {
	value, err := p.read(field)
	if value == nil && err == nil {
		err = missing(field)
	}
	return value, err
}

// unreadable names the field that has another type than it should.
func unreadable(at string, err error) error {
	var mistyped *json.UnmarshalTypeError
	if !errors.As(err, &mistyped) {
		return &source.Mistake{Field: at, Problem: "the payload cannot be read: " + err.Error()}
	}
	field := strings.Trim(at+"."+mistyped.Field, ".")
	return &source.Mistake{Field: field, Problem: fmt.Sprintf("cannot be read: it is %s, which is not what GitHub's schema allows", mistyped.Value)}
}

func missing(field string) error { return &source.Mistake{Field: field, Problem: "is missing"} }
