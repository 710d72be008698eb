package github

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// What GitHub tells of a repository beside its code comes with the lists that are read anyway, but for custom properties,
// which have a list of their own for each organisation.

// traitFields are asked of a repository, which has 20 topics at most. A server or a proxy may not have topics: queries are put
// without them then, and with them again after a week.
const (
	topicsField  = "repositoryTopics"
	topicsClause = topicsField + `(first: 20) { nodes { topic { name } } } `
	traitFields  = `isArchived isFork ` + topicsClause
	topicsRefuse = 7 * 24 * time.Hour
)

// errNoTopics says that a server does not answer the field.
var errNoTopics = errors.New("the server has no topics")

type traitsNode struct {
	IsArchived       bool
	IsFork           bool
	RepositoryTopics *topicsList
	kept             bool // it was not sent again
}

type topicsList struct{ Nodes []topicNode }

type topicNode struct{ Topic nameNode }

// withTopics says whether topics are asked for.
func (r *run) withTopics() bool {
	return r.Now().Sub(r.positions.Topicless) > topicsRefuse
}

// traits are what a node tells of a repository, and what was known before of what it does not tell.
func (r *run) traits(name string, told *traitsNode, before dora.Traits) dora.Traits {
	traits := before
	if !told.kept {
		traits.Archived, traits.Fork = told.IsArchived, told.IsFork
		traits.Group, _, _ = strings.Cut(name, "/")
	}
	if told.RepositoryTopics != nil {
		traits.Topics = nil
		for _, n := range told.RepositoryTopics.Nodes {
			traits.Topics = append(traits.Topics, n.Topic.Name)
		}
	}
	if owner, _, _ := strings.Cut(strings.ToLower(name), "/"); r.propertied[owner] {
		traits.Properties = r.properties[strings.ToLower(name)]
	}
	if owner, _, _ := strings.Cut(strings.ToLower(name), "/"); r.teamed[owner] {
		traits.Teams = r.teams[strings.ToLower(name)]
	}
	return traits.Ordered()
}

// propertiesRecord are the custom properties of a repository, in its organisation's list.
type propertiesRecord struct {
	FullName   string                  `json:"repository_full_name"`
	Properties maybe[[]propertyRecord] `json:"properties"`
}

type propertyRecord struct {
	Name  string          `json:"property_name"`
	Value json.RawMessage `json:"value"` // a text, a list of texts, or null
}

func (p *propertiesRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("repository_full_name", p.FullName == ""))
}

// nodeID tells it from the others of the list, as its name does.
func (p *propertiesRecord) nodeID() string { return p.FullName }

func (p *propertiesRecord) told() []dora.Property {
	var properties []dora.Property
	for _, each := range p.Properties.value {
		var one string
		var several []string
		if json.Unmarshal(each.Value, &one) == nil && one != "" {
			several = []string{one}
		} else if json.Unmarshal(each.Value, &several) != nil {
			continue
		}
		if each.Name != "" && len(several) > 0 {
			properties = append(properties, dora.Property{Name: each.Name, Values: several})
		}
	}
	return properties
}

// readProperties reads the custom properties of the organisations that repositories are of, at a request for a hundred
// repositories. Where they may not be read, what was known of them stays, and a remark says so.
func (r *run) readProperties(ctx context.Context, targets []target) error {
	if !r.config.Properties {
		return nil
	}
	for _, owner := range ownersOf(targets) {
		rows, _, err := fetchAll[propertiesRecord](ctx, r, owner, "orgs/"+url.PathEscape(owner)+"/properties/values", "")
		var known *source.Error
		switch {
		case isAbsent(err, http.StatusNotFound): // a person's, a server without them, or a token that may not see them
			r.Progress.Remark = "The custom properties of " + owner + " cannot be read: give the token, or the App, the organisation's permission Custom properties (read)."
			continue
		case errors.As(err, &known) && known.Cause == source.CausePermission:
			r.Progress.Remark = "The custom properties of " + owner + " may not be read: give the token, or the App, the organisation's permission Custom properties (read)."
			continue
		case err != nil:
			return err
		}
		r.propertied[owner] = true
		for _, row := range rows {
			r.properties[strings.ToLower(row.FullName)] = row.told()
		}
	}
	return nil
}

// retell tells of a repository whose code is as it was, where something else of it is not.
func (r *run) retell(ctx context.Context, state *position, told *traitsNode) error {
	traits := r.traits(state.Name, told, state.Traits)
	if state.Announced.IsZero() || traits.Same(&state.Traits) {
		return nil
	}
	state.Traits, state.Announced = traits, r.version(state.Announced)
	return r.emit(ctx, []dora.Event{r.repository(state, state.Announced)})
}

// version is the run's clock, since nothing of GitHub's is sure to rise with what is told of a repository; it is above the
// one before.
func (r *run) version(before time.Time) time.Time {
	now := r.Now().UTC()
	if !now.After(before) {
		now = before.Add(time.Second)
	}
	return now
}

// traits are what REST tells of a repository.
func (r *repositoryRecord) traits() traitsNode {
	told := traitsNode{IsArchived: r.Archived.value, IsFork: r.Fork.value, RepositoryTopics: &topicsList{}}
	for _, topic := range r.Topics.value {
		told.RepositoryTopics.Nodes = append(told.RepositoryTopics.Nodes, topicNode{Topic: nameNode{topic}})
	}
	return told
}
