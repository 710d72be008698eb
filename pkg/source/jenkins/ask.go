package jenkins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// at is the path of a job or folder, by its full name.
func at(full string) string {
	var path strings.Builder
	for part := range strings.SplitSeq(full, "/") {
		if part != "" {
			path.WriteString("/job/" + url.PathEscape(part))
		}
	}
	return path.String()
}

// export is the address of what something exports, as far as a tree names it.
func export(path, tree string) string { return path + "/api/json?tree=" + url.QueryEscape(tree) }

// get asks Jenkins. Statuses that the caller can handle are returned with their answers.
func (r *run) get(ctx context.Context, part, path string, handled ...int) (*wire.Answer, error) {
	answer, err := r.Fetch(ctx, part, wire.Call{Address: r.root + path}, http.StatusForbidden, http.StatusNotFound)
	switch {
	case err != nil:
		return nil, err
	case answer.Status == http.StatusOK && answer.IsPage():
		return nil, r.Failure(source.CauseConfiguration, "", "a page for people came in place of an answer: enter the address that people open Jenkins at, with the path that it lies beneath; or look for a proxy that asks to log in", r.Said(answer))
	case answer.Status == http.StatusOK || slices.Contains(handled, answer.Status):
		return answer, nil
	case answer.Status == http.StatusForbidden:
		return nil, r.forbidden(part, answer)
	}
	if part == "" {
		return nil, r.Failure(source.CauseNotFound, "", "Jenkins is not at this address: enter the one that people open it at, with the path that it lies beneath", r.Said(answer))
	}
	return nil, r.Failure(source.CauseNotFound, part, fmt.Sprintf("there is no folder or job %s, or the user may not see it: check its full name, and give the user Job/Read on it and on the folders above", part), r.Said(answer))
}

// permissions are what people call what Jenkins names in a header.
var permissions = map[string]string{
	"hudson.model.Hudson.Read": "Overall/Read", "hudson.model.Item.Read": "Job/Read", "hudson.model.Item.Discover": "Job/Read",
}

// forbidden tells a user who may not from nobody: without credentials Jenkins says 403 as well.
func (r *run) forbidden(part string, answer *wire.Answer) *source.Error {
	if strings.EqualFold(answer.Header.Get("X-You-Are-Authenticated-As"), "anonymous") {
		return r.Failure(source.CauseCredentials, "", "Jenkins is not told who asks: look for a proxy that takes the header Authorization for itself", r.Said(answer))
	}
	needs := permissions[answer.Header.Get("X-Required-Permission")]
	if needs == "" {
		needs = "Overall/Read and Job/Read"
	}
	return r.Failure(source.CausePermission, part, "the user may not read this: give it "+needs, r.Said(answer))
}

// one reads an object. It says false where there is none, if the caller can handle that.
func one[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part, path string, handled ...int) (*T, bool, error) {
	answer, err := r.get(ctx, part, path, handled...)
	if err != nil || answer.Status != http.StatusOK {
		return nil, false, err
	}
	object, err := wire.Decode[T](r.Session, part, answer)
	if err != nil {
		return nil, false, err
	}
	if lacking := P(&object).Lacks(); lacking != "" {
		return nil, false, r.Unexpected(part, fmt.Errorf("%s is missing", lacking))
	}
	return &object, true, nil
}

// buildList is a list of builds, under either name.
type buildList struct {
	Newest *[]json.RawMessage `json:"builds"`
	All    *[]json.RawMessage `json:"allBuilds"`
}

// Lacks implements wire.Record.
func (l *buildList) Lacks() string {
	return wire.FirstMissing(wire.Need("builds", l.Newest == nil && l.All == nil))
}

func (l *buildList) rows() []json.RawMessage {
	if l.Newest != nil {
		return *l.Newest
	}
	return *l.All
}

// newestAtMost is how many builds Jenkins tells without looking for all of a job's.
const newestAtMost = 100

// rows are a job's builds from one on, counted from the newest, and how many were listed. Only those beyond the newest hundred
// have Jenkins look for all. A build that cannot be read costs itself alone: nobody can see it, and its number is told so.
func (r *run) rows(ctx context.Context, job string, from, count int) (rows []*build, listed int, err error) {
	field := "builds"
	if from+count > newestAtMost {
		field = "allBuilds"
	}
	list, _, err := one[buildList](ctx, r, job, export(at(job), fmt.Sprintf("%s[%s]{%d,%d}", field, buildTree, from, from+count)))
	if err != nil {
		return nil, 0, err
	}
	for _, text := range list.rows() {
		row := new(build)
		if json.Unmarshal(text, row) != nil || row.Lacks() != "" {
			r.Progress.Remark = fmt.Sprintf("Some builds of %s have another form than Jenkins gives them, and are not read.", job)
			continue
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 && len(list.rows()) > 0 {
		return nil, 0, r.Unexpected(job, errNoBuild)
	}
	return rows, len(list.rows()), nil
}

var errNoBuild = errors.New("no build of the list can be read")
