package world

import (
	"fmt"
	"slices"
	"time"
)

// objectType is a GraphQL type. An abstract one (interface or union) has the fields that all its types share.
type objectType struct {
	name       string
	abstract   bool
	implements []string
	fields     map[string]*field
}

// is reports whether a fragment on that type applies.
func (t *objectType) is(condition string) bool {
	return condition == "" || condition == t.name || slices.Contains(t.implements, condition)
}

// field has a type (of; empty for scalars), the arguments that it knows, and a resolver.
type field struct {
	of         string
	connection bool
	args       []string
	resolve    func(x *execution, value any, args arguments) (any, error)
}

// schema is the part of GitHub's that this world speaks, by type name.
var schema = map[string]*objectType{}

func leaf[T any](get func(T) any) *field {
	return &field{resolve: func(_ *execution, v any, _ arguments) (any, error) { return get(v.(T)), nil }}
}

func on[T any](of string, get func(T) any) *field {
	f := leaf(get)
	f.of = of
	return f
}

func call[T any](of string, args []string, get func(*execution, T, arguments) (any, error)) *field {
	return &field{of: of, args: args, resolve: func(x *execution, v any, a arguments) (any, error) { return get(x, v.(T), a) }}
}

var paging = []string{"first", "last", "after", "before"}

// many is a connection to nodes of a type.
func many[T any](node string, args []string, get func(T, arguments) (any, error)) *field {
	connectionTo(node)
	return &field{
		of: node + "Connection", connection: true, args: slices.Concat(paging, args),
		resolve: func(_ *execution, v any, a arguments) (any, error) { return get(v.(T), a) },
	}
}

// stamp is a time as the API writes it; the zero time is null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func orNull[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}

func orNullText(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func define(name string, implements []string, fields map[string]*field) {
	schema[name] = &objectType{name: name, implements: implements, fields: fields}
}

func defineAbstract(name string, fields map[string]*field) {
	schema[name] = &objectType{name: name, abstract: true, fields: fields}
}

// concrete is the type of a value that stands where an abstract type was declared.
func concrete(v any) *objectType {
	switch v := v.(type) {
	case *person:
		if v.bot {
			return schema["Bot"]
		}
		return schema["User"]
	case organization:
		return schema["Organization"]
	case *repository:
		return schema["Repository"]
	case *deployment:
		return schema["Deployment"]
	case *pull:
		return schema["PullRequest"]
	case *issue:
		return schema["Issue"]
	case *commit:
		return schema["Commit"]
	case *issueEvent:
		return schema[v.kind]
	case blob:
		return schema["Blob"]
	case tree:
		return schema["Tree"]
	}
	panic(fmt.Sprintf("world: %T has no GraphQL type", v))
}

func init() {
	define("PageInfo", nil, pageInfo())
	// Abstract fields are checked here, and resolved by the concrete type.
	defineAbstract("Node", map[string]*field{"id": {}})
	defineAbstract("Actor", map[string]*field{"login": {}, "url": {}, "resourcePath": {}, "avatarUrl": {}})
	defineAbstract("GitObject", map[string]*field{"id": {}, "oid": {}, "abbreviatedOid": {}, "commitUrl": {}})
	defineAbstract("IssueTimelineItems", map[string]*field{})
	defineQuery()
	defineRepository()
	defineCommit()
	defineDeployment()
	definePullRequest()
	defineIssue()
	defineFiles()
}

func defineQuery() {
	define("Query", nil, map[string]*field{
		"viewer":    call("User", nil, func(x *execution, _ root, _ arguments) (any, error) { return x.world.staff.devs[0], nil }),
		"rateLimit": call("RateLimit", []string{"dryRun"}, func(x *execution, _ root, _ arguments) (any, error) { return x, nil }),
		"repository": call("Repository", []string{"owner", "name", "followRenames"}, func(x *execution, _ root, a arguments) (any, error) {
			if r := x.world.repository(a.text("owner"), a.text("name")); r != nil {
				return r, nil
			}
			return nil, notFound{fmt.Errorf("Could not resolve to a Repository with the name '%s/%s'.", a.text("owner"), a.text("name"))} //nolint:staticcheck,revive // GitHub's own words
		}),
		"organization": call("Organization", []string{"login"}, func(x *execution, _ root, a arguments) (any, error) {
			if a.text("login") == Organization {
				return organization{x.world}, nil
			}
			return nil, notFound{fmt.Errorf("Could not resolve to an Organization with the login of '%s'.", a.text("login"))} //nolint:staticcheck,revive // GitHub's own words
		}),
		"repositoryOwner": call("RepositoryOwner", []string{"login"}, func(x *execution, _ root, a arguments) (any, error) {
			if a.text("login") == Organization {
				return organization{x.world}, nil
			}
			return nil, nil
		}),
		"node": call("Node", []string{"id"}, func(x *execution, _ root, a arguments) (any, error) { return x.byID(a.text("id")) }),
		"nodes": call("Node", []string{"ids"}, func(x *execution, _ root, a arguments) (any, error) {
			list := []any{}
			for i, id := range a.texts("ids") {
				v, err := x.byID(id)
				if err != nil {
					x.errors = append(x.errors, graphqlError{Type: "NOT_FOUND", Path: []any{"nodes", i}, Message: err.Error()})
				}
				list = append(list, v)
			}
			return list, nil
		}),
	})
	define("RateLimit", nil, map[string]*field{
		"limit":     leaf(func(x *execution) any { return x.quota.limit }),
		"cost":      leaf(func(x *execution) any { return x.cost() }),
		"used":      leaf(func(x *execution) any { return x.quota.used }),
		"remaining": leaf(func(x *execution) any { return max(0, x.quota.limit-x.quota.used) }),
		"resetAt":   leaf(func(x *execution) any { return stamp(x.quota.resets) }),
		"nodeCount": leaf(func(x *execution) any { return x.nodes }),
	})
	define("Organization", []string{"Node", "RepositoryOwner"}, map[string]*field{
		"id":         leaf(func(organization) any { return nodeID("Organization", organizationID) }),
		"databaseId": leaf(func(organization) any { return organizationID }),
		"login":      leaf(func(organization) any { return Organization }),
		"name":       leaf(func(organization) any { return "Example Health" }),
		"url":        leaf(func(organization) any { return "https://github.com/" + Organization }),
		"repositories": many("Repository", []string{"orderBy", "isArchived", "isFork", "privacy", "visibility"}, func(o organization, a arguments) (any, error) {
			by, descending, err := direction(a, "CREATED_AT", "CREATED_AT", "UPDATED_AT", "PUSHED_AT", "NAME")
			if err != nil {
				return nil, err
			}
			if archived, _ := a["isArchived"].(bool); archived {
				return paged(a, nil, false)
			}
			return paged(a, orderRepositories(o.world.owned(), by), descending)
		}),
	})
	owner := schema["Organization"].fields
	defineAbstract("RepositoryOwner", map[string]*field{"id": owner["id"], "login": owner["login"], "url": owner["url"], "repositories": owner["repositories"]})
	people := func() map[string]*field {
		url := func(p *person) any { return "https://github.com/" + p.login }
		return map[string]*field{
			"login":        leaf(func(p *person) any { return p.login }),
			"databaseId":   leaf(func(p *person) any { return p.id }),
			"url":          leaf(url),
			"resourcePath": leaf(func(p *person) any { return "/" + p.login }),
			"avatarUrl":    leaf(func(p *person) any { return fmt.Sprintf("https://avatars.githubusercontent.com/u/%d?v=4", p.id) }),
		}
	}
	user, bot := people(), people()
	user["id"] = leaf(func(p *person) any { return nodeID("User", p.id) })
	user["name"] = leaf(func(p *person) any { return p.login })
	bot["id"] = leaf(func(p *person) any { return nodeID("Bot", p.id) })
	define("User", []string{"Node", "Actor"}, user)
	define("Bot", []string{"Node", "Actor"}, bot)
}

type organization struct{ world *World }

const organizationID = int64(98_765_001)

func (x *execution) byID(id string) (any, error) {
	if v := x.world.node(id); v != nil {
		return v, nil
	}
	return nil, notFound{fmt.Errorf("Could not resolve to a node with the global id of '%s'.", id)} //nolint:staticcheck,revive // GitHub's own words
}

func orderRepositories(repos []*repository, by string) []item {
	names := make([]string, len(repos))
	for i, r := range repos {
		names[i] = r.name
	}
	slices.Sort(names)
	items := make([]item, len(repos))
	for i, r := range repos {
		key := r.created.Unix()
		switch by {
		case "UPDATED_AT":
			key = r.updated.Unix()
		case "PUSHED_AT":
			key = r.pushed.Unix()
		case "NAME":
			key = int64(slices.Index(names, r.name))
		}
		items[i] = item{key: key, id: r.id, value: r}
	}
	return items
}
