package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// graphqlRequest is the body of a GraphQL POST.
type graphqlRequest struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
}

// graphqlError is an error as GitHub writes it.
type graphqlError struct {
	Type       string           `json:"type,omitempty"`
	Path       []any            `json:"path,omitempty"`
	Extensions map[string]any   `json:"extensions,omitempty"`
	Locations  []map[string]int `json:"locations,omitempty"`
	Message    string           `json:"message"`
}

// quota is what a caller has left of its hour, as rateLimit shows it.
type quota struct {
	limit, used int
	resets      time.Time
}

// execution is one GraphQL request. It reads the world under the caller's lock.
type execution struct {
	world     *World
	doc       *ast.QueryDocument
	operation *ast.OperationDefinition
	variables map[string]any
	errors    []graphqlError

	requests int // connection requests that GitHub would make for it, before they are normalised
	nodes    int // the most nodes it can return
	quota    quota
}

// prepare parses and validates a request. Only one that validates may be run.
func (w *World) prepare(req graphqlRequest) (*execution, []graphqlError) {
	x := &execution{world: w, variables: map[string]any{}}
	doc, err := parser.ParseQuery(&ast.Source{Input: req.Query})
	if err != nil {
		return nil, []graphqlError{{Message: "Parse error: " + err.Error()}}
	}
	x.doc = doc
	for _, op := range doc.Operations {
		if req.OperationName == "" || op.Name == req.OperationName {
			x.operation = op
			break
		}
	}
	switch {
	case x.operation == nil:
		return nil, []graphqlError{{Message: fmt.Sprintf("No operation named %q", req.OperationName)}}
	case x.operation.Operation != ast.Query:
		return nil, []graphqlError{{Message: fmt.Sprintf("This schema has no %s", x.operation.Operation)}}
	case req.OperationName == "" && len(doc.Operations) > 1:
		return nil, []graphqlError{{Message: "An operation name is required"}}
	}
	for _, def := range x.operation.VariableDefinitions {
		value, given := req.Variables[def.Variable]
		if !given && def.DefaultValue != nil {
			value, err = def.DefaultValue.Value(nil)
			if err != nil {
				return nil, []graphqlError{{Message: err.Error()}}
			}
			given = true
		}
		if def.Type.NonNull && value == nil {
			return nil, []graphqlError{{
				Message:    fmt.Sprintf("Variable $%s of type %s was provided invalid value", def.Variable, def.Type),
				Extensions: map[string]any{"value": nil, "problems": []any{map[string]any{"path": []any{}, "explanation": "Expected value to not be null"}}},
			}}
		}
		if given {
			x.variables[def.Variable] = value
		}
	}
	v := &validation{execution: x}
	v.selection(x.operation.SelectionSet, schema["Query"], []any{strings.TrimSpace("query " + x.operation.Name)}, 1, nil)
	return x, v.errors
}

// cost is GitHub's price in points: connection requests by the hundred, to the nearest, and never less than 1.
func (x *execution) cost() int { return max(1, (x.requests+50)/100) }

// run executes the request.
func (x *execution) run() (object, []graphqlError) {
	data := x.selection([]ast.SelectionSet{x.operation.SelectionSet}, schema["Query"], root{}, nil)
	return data, x.errors
}

type root struct{}

// object is a JSON object that keeps the query's order of fields.
type object struct {
	keys   []string
	values []any
}

func (o object) MarshalJSON() ([]byte, error) { return appendJSON(nil, o) }

// appendJSON writes objects and lists itself, so that a deep answer is encoded once and not once a level.
func appendJSON(out []byte, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case object:
		out = append(out, '{')
		for i, k := range v.keys {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(append(append(out, '"'), k...), '"', ':')
			if out, err = appendJSON(out, v.values[i]); err != nil {
				return nil, err
			}
		}
		return append(out, '}'), nil
	case []any:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = appendJSON(out, item); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	}
	leaf, err := json.Marshal(v)
	return append(out, leaf...), err
}

// collected is the fields of one response key, whose selections are merged.
type collected struct {
	key    string
	fields []*ast.Field
}

// collect flattens fragments that apply to typ, and drops what @skip and @include say.
func (x *execution) collect(set ast.SelectionSet, typ *objectType, into *[]collected) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if x.skipped(sel.Directives) {
				continue
			}
			added := false
			for i := range *into {
				if (*into)[i].key == sel.Alias {
					(*into)[i].fields = append((*into)[i].fields, sel)
					added = true
				}
			}
			if !added {
				*into = append(*into, collected{sel.Alias, []*ast.Field{sel}})
			}
		case *ast.InlineFragment:
			if !x.skipped(sel.Directives) && typ.is(sel.TypeCondition) {
				x.collect(sel.SelectionSet, typ, into)
			}
		case *ast.FragmentSpread:
			def := x.doc.Fragments.ForName(sel.Name)
			if !x.skipped(sel.Directives) && typ.is(def.TypeCondition) {
				x.collect(def.SelectionSet, typ, into)
			}
		}
	}
}

func (x *execution) skipped(directives ast.DirectiveList) bool {
	for _, d := range directives {
		condition := d.Arguments.ForName("if")
		if condition == nil {
			continue
		}
		value, _ := condition.Value.Value(x.variables)
		yes, _ := value.(bool)
		if (d.Name == "skip" && yes) || (d.Name == "include" && !yes) {
			return true
		}
	}
	return false
}

func (x *execution) selection(sets []ast.SelectionSet, typ *objectType, value any, path []any) object {
	var fields []collected
	for _, set := range sets {
		x.collect(set, typ, &fields)
	}
	out := object{keys: make([]string, 0, len(fields)), values: make([]any, 0, len(fields))}
	for _, f := range fields {
		out.keys = append(out.keys, f.key)
		out.values = append(out.values, x.field(f, typ, value, append(path[:len(path):len(path)], f.key)))
	}
	return out
}

func (x *execution) field(c collected, typ *objectType, value any, path []any) any {
	first := c.fields[0]
	if first.Name == "__typename" {
		return typ.name
	}
	f := typ.fields[first.Name]
	args := arguments{}
	for _, a := range first.Arguments {
		v, err := a.Value.Value(x.variables)
		if err != nil {
			x.fail("", path, first, err.Error())
			return nil
		}
		if v != nil {
			args[a.Name] = v
		}
	}
	got, err := f.resolve(x, value, args)
	if err != nil {
		kind := ""
		if missing := (notFound{}); errors.As(err, &missing) {
			kind, err = "NOT_FOUND", missing.error
		}
		x.fail(kind, path, first, err.Error())
		return nil
	}
	return x.complete(c, f, got, path)
}

func (x *execution) complete(c collected, f *field, got any, path []any) any {
	if got == nil || f.of == "" {
		return got
	}
	if list, ok := got.([]any); ok {
		out := make([]any, len(list))
		for i, item := range list {
			out[i] = x.complete(c, f, item, append(path[:len(path):len(path)], i))
		}
		return out
	}
	sets := make([]ast.SelectionSet, len(c.fields))
	for i, field := range c.fields {
		sets[i] = field.SelectionSet
	}
	typ := schema[f.of]
	if typ.abstract {
		typ = concrete(got)
	}
	return x.selection(sets, typ, got, path)
}

func (x *execution) fail(kind string, path []any, at *ast.Field, message string) {
	x.errors = append(x.errors, graphqlError{Type: kind, Path: path, Locations: location(at), Message: message})
}

func location(f *ast.Field) []map[string]int {
	if f.Position == nil {
		return nil
	}
	return []map[string]int{{"line": f.Position.Line, "column": f.Position.Column}}
}

// notFound is an error of type NOT_FOUND.
type notFound struct{ error }

// arguments are a field's arguments, with variables put in; what is null is absent.
type arguments map[string]any

func (a arguments) text(name string) string {
	s, _ := a[name].(string)
	return s
}

func (a arguments) number(name string) (int, bool) {
	switch n := a[name].(type) {
	case int64:
		return int(n), true
	case float64:
		return int(n), true
	}
	return 0, false
}

// texts accepts a single value for a list, as GraphQL does.
func (a arguments) texts(name string) []string {
	switch v := a[name].(type) {
	case string:
		return []string{v}
	case []any:
		list := []string{}
		for _, item := range v {
			if s, ok := item.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}

func (a arguments) nested(name string) arguments {
	m, _ := a[name].(map[string]any)
	return m
}
