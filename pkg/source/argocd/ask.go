package argocd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// listed are the fields of applications that are asked for in lists. Lists know a fixed set, in which there is no history;
// what an older Argo CD sends besides is not read.
var listed = []string{
	"metadata.name", "metadata.namespace", "metadata.labels", "metadata.creationTimestamp", "spec.project", "spec.destination", "spec.source", "spec.sources",
	"status.operationState.phase", "status.operationState.startedAt", "status.operationState.finishedAt", "status.summary",
}

var errNoList = errors.New("items, the list, and metadata are missing")

// ask asks for something below the API's address. No request ever has the parameter refresh: whatever its value, Argo CD
// compares an application with Git before it answers.
func (r *run) ask(ctx context.Context, part, path string, query url.Values, handled ...int) (*wire.Answer, error) {
	answer, err := r.Fetch(ctx, part, wire.Call{Address: r.address + "/api/v1/" + path + "?" + query.Encode()}, append(handled, http.StatusUnauthorized)...)
	switch {
	case err != nil:
		return nil, err
	case answer.Status == http.StatusUnauthorized:
		return nil, r.Failure(source.CauseCredentials, "", refused(answer), r.Said(answer))
	case answer.IsPage():
		return nil, r.Failure(source.CauseConfiguration, "", "a page for people came in place of an answer: enter the address of Argo CD's API server with the path that it is served under; or look for a proxy that asks to log in", r.Said(answer))
	}
	return answer, nil
}

// refused tells a token that has expired from one that is no good.
func refused(answer *wire.Answer) string {
	var told struct{ Message string }
	if json.Unmarshal(answer.Body, &told) == nil && strings.Contains(strings.ToLower(told.Message), "expired") {
		return "the token has expired: make a new one for the account (argocd account generate-token) or the project's role, and enter it"
	}
	return refusedToken
}

// list reads all applications that are selected, which come in one piece. One that cannot be read costs itself.
func (r *run) list(ctx context.Context, fields []string) (found []*application, err error) {
	query := url.Values{"fields": {"items." + strings.Join(fields, ",items.")}}
	for _, project := range r.config.Projects {
		query.Add("projects", project)
	}
	if r.config.Selector != "" {
		query.Set("selector", r.config.Selector)
	}
	answer, err := r.ask(ctx, "", "applications", query, http.StatusBadRequest, http.StatusInternalServerError)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		if r.config.Selector != "" && speaksOfSelector(answer) {
			return nil, r.Failure(source.CauseConfiguration, "", fmt.Sprintf("Argo CD does not understand the selector %q: write it as for kubectl, such as tier=backend,!preview", r.config.Selector), r.Said(answer))
		}
		_, err := r.Judge("", answer)
		return nil, err
	}
	list, err := wire.Decode[struct {
		Items    *[]json.RawMessage `json:"items"`
		Metadata *struct{}          `json:"metadata"`
	}](r.Session, "", answer)
	switch {
	case err != nil:
		return nil, err
	case list.Items == nil && list.Metadata == nil:
		return nil, r.Unexpected("", errNoList)
	case list.Items == nil:
		return nil, nil
	}
	var failures []error
	for i, text := range *list.Items {
		a, err := decoded[application](r, fmt.Sprintf("application %d of the list", i+1), text)
		failures = append(failures, err)
		if err == nil {
			found = append(found, a)
		}
	}
	return found, errors.Join(failures...)
}

// speaksOfSelector says whether a refusal is about the selector, for which Argo CD gives the status of its own failures.
func speaksOfSelector(answer *wire.Answer) bool {
	text := string(answer.Body)
	return strings.Contains(text, "selector") && strings.Contains(text, "pars")
}

// decoded reads one record of a list.
func decoded[T any, P interface {
	*T
	wire.Record
}](r *run, part string, text json.RawMessage) (*T, error) {
	var record *T
	if err := json.Unmarshal(text, &record); err != nil {
		return nil, r.Unexpected(part, err)
	}
	if record == nil {
		return nil, r.Unexpected(part, pages.ErrHole)
	}
	if lacking := P(record).Lacks(); lacking != "" {
		return nil, r.Unexpected(part, fmt.Errorf("%s is missing", lacking))
	}
	return record, nil
}

// whole reads an application with its history. Its project is named, since without that Argo CD does not tell one that is gone
// from one that may not be seen.
func (r *run) whole(ctx context.Context, a *application) (*application, error) {
	query := url.Values{}
	if a.Spec.Project != "" {
		query.Set("projects", a.Spec.Project)
	}
	if a.Metadata.Namespace != "" {
		query.Set("appNamespace", a.Metadata.Namespace)
	}
	part := a.key()
	answer, err := r.ask(ctx, part, "applications/"+url.PathEscape(a.Metadata.Name), query, http.StatusNotFound)
	if err != nil {
		return nil, err
	}
	if answer.Status == http.StatusNotFound {
		return nil, r.Failure(source.CauseNotFound, part, "the application was listed a moment ago and is not there: if it was deleted, the next run does not ask for it", r.Said(answer))
	}
	found, err := decoded[application](r, part, answer.Body)
	if err != nil {
		return nil, err
	}
	if found.Metadata.Name != a.Metadata.Name {
		return nil, r.Unexpected(part, errors.New("metadata.name is another application's"))
	}
	return found, nil
}
