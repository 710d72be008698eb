package github

import (
	"context"
)

// reader is one of GitHub's two interfaces. Both answer in the words of GraphQL's schema, so that events are made in
// one place, and a run goes on where one of the other interface ended.
type reader interface {
	// repository and owner return an error where there is none of this name.
	repository(ctx context.Context, name string) error
	owner(ctx context.Context, login string) error
	// owned lists the repositories to read of an owner.
	owned(ctx context.Context, login string) ([]target, error)
	// page reads the next page of every list that has one, with all that belongs to its entries.
	page(ctx context.Context, s *repositorySync) (*repositoryNode, error)
	// histories reads a page behind each of a few commits; behind reads on.
	histories(ctx context.Context, s *repositorySync, shas []string) ([]*historyNode, error)
	behind(ctx context.Context, s *repositorySync, sha, after string) (*historyNode, error)
	// pullsOf reads the merged pull requests that commits belong to, but for those that this run has read.
	pullsOf(ctx context.Context, s *repositorySync, shas []string) ([]pullNode, error)
	// roll calls all pull requests; nil where the list changed meanwhile. rolledPulls reads some of them.
	roll(ctx context.Context, s *repositorySync) (*roll, error)
	rolledPulls(ctx context.Context, s *repositorySync, some []rolled) ([]pullNode, error)
	// unfinished reads deployments again, in the order asked for, nil where nothing is new or found.
	unfinished(ctx context.Context, asked []watched) ([]*deploymentNode, error)
}

// choose takes the interface that is configured. Where none is, GraphQL is tried and costs least.
func (r *run) choose() {
	r.reader = graphql{r}
	switch r.config.API {
	case APIREST:
		r.reader = rest{r}
	case APIGraphQL:
	default:
		r.undecided = true
	}
}

// read asks the run's interface. The first answer decides for the whole run: where GraphQL is refused in a way that
// will not pass, and REST answers, it is REST.
func read[T any](ctx context.Context, r *run, ask func(reader) (T, error)) (T, error) {
	answer, err := ask(r.reader)
	if !r.undecided || (err != nil && !r.noGraphQL) {
		return answer, err
	}
	r.undecided = false
	if err != nil && (rest{r}).answers(ctx) {
		r.reader = rest{r}
		return ask(r.reader)
	}
	return answer, err
}

// readNothing is read for questions that have no answer but an error.
func readNothing(ctx context.Context, r *run, ask func(reader) error) error {
	_, err := read(ctx, r, func(api reader) (struct{}, error) { return struct{}{}, ask(api) })
	return err
}
