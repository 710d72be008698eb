package github

import (
	"context"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// run is one call of Collect or Check: what it has spent, how wide its pages are, and how far its cursor is.
type run struct {
	*Source
	*wire.Session
	request   source.Request
	positions *positions
	// reader is the interface that is asked; until the first answer of GraphQL it may be undecided, and noGraphQL says
	// that the last answer refused it.
	reader    reader
	undecided bool
	noGraphQL bool
	// reread holds the deployments whose newest version this run has handed over already, by node id.
	reread map[string]bool
	// filed counts the commits whose files this run has read.
	filed int
	// tags are the names of the tags of those repositories of which REST had to be asked.
	tags map[string]map[string]bool
	// shapes are those of a repository's tags, and branches the names that begin in a way, as far as they were asked for.
	shapes, branches map[string]map[string]bool
	// listed is what owners' lists have said. Forgotten are the names, in lower case, that mean others than the store knows.
	listed    census.Listing
	forgotten map[string]bool
	// properties are those of repositories, by name in lower case, of the owners whose were read.
	properties map[string][]dora.Property
	propertied map[string]bool
	// teams are those that may do something in repositories, and teamed the owners whose were read.
	teams  map[string][]dora.Property
	teamed map[string]bool
}

func (s *Source) begin(request source.Request, positions *positions) *run {
	r := &run{Source: s, Session: s.host.Begin(request.Report), request: request, positions: positions, reread: map[string]bool{}, tags: map[string]map[string]bool{},
		shapes: map[string]map[string]bool{}, branches: map[string]map[string]bool{}, forgotten: map[string]bool{}, properties: map[string][]dora.Property{}, propertied: map[string]bool{},
		teams: map[string][]dora.Property{}, teamed: map[string]bool{},
	}
	r.choose()
	return r
}

// emit hands over events together with the position that they lead to.
func (r *run) emit(ctx context.Context, events []dora.Event) error {
	position, err := r.positions.encode()
	if err != nil {
		return err
	}
	for _, e := range events {
		dora.Bound(e)
	}
	return r.request.Emit(ctx, source.Batch{Events: events, Cursor: position})
}

// named splits owner/name into a query's variables.
func named(repository string) map[string]any {
	owner, name, _ := strings.Cut(repository, "/")
	return map[string]any{"owner": owner, "name": name}
}
