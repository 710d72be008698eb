package world

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// validation checks a request against the schema before anything runs, as GitHub does: a field that has no resolver, an
// unknown argument or a connection without bounds refuses the whole request. On the way it counts what the request costs.
type validation struct {
	*execution
	errors []graphqlError
}

const (
	pageLimit = 100
	nodeLimit = 500_000
)

// selection validates set on typ. factor is how many objects may stand there; spreading are the fragments being spread.
func (v *validation) selection(set ast.SelectionSet, typ *objectType, path []any, factor int, spreading []string) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			v.field(sel, typ, append(path[:len(path):len(path)], sel.Alias), factor, spreading)
		case *ast.InlineFragment:
			on := typ
			if sel.TypeCondition != "" {
				on = v.condition(sel.TypeCondition, path)
			}
			if on != nil {
				v.selection(sel.SelectionSet, on, path, factor, spreading)
			}
		case *ast.FragmentSpread:
			def := v.doc.Fragments.ForName(sel.Name)
			switch {
			case def == nil:
				v.add(graphqlError{Path: path, Message: fmt.Sprintf("Fragment %s was used, but not defined", sel.Name)})
			case slices.Contains(spreading, sel.Name):
				v.add(graphqlError{Path: path, Message: fmt.Sprintf("Fragment %s contains an infinite loop", sel.Name)})
			default:
				if on := v.condition(def.TypeCondition, path); on != nil {
					v.selection(def.SelectionSet, on, path, factor, append(spreading[:len(spreading):len(spreading)], sel.Name))
				}
			}
		}
	}
}

func (v *validation) condition(name string, path []any) *objectType {
	typ := schema[name]
	if typ == nil {
		v.add(graphqlError{
			Path: path, Message: fmt.Sprintf("No such type %s, so it can't be a fragment condition", name),
			Extensions: map[string]any{"code": "undefinedType", "typeName": name},
		})
	}
	return typ
}

func (v *validation) field(f *ast.Field, typ *objectType, path []any, factor int, spreading []string) {
	if f.Name == "__typename" {
		return
	}
	def := typ.fields[f.Name]
	if def == nil {
		v.add(graphqlError{
			Path: path, Locations: location(f), Message: fmt.Sprintf("Field '%s' doesn't exist on type '%s'", f.Name, typ.name),
			Extensions: map[string]any{"code": "undefinedField", "typeName": typ.name, "fieldName": f.Name},
		})
		return
	}
	for _, a := range f.Arguments {
		if !slices.Contains(def.args, a.Name) {
			v.add(graphqlError{
				Path: path, Locations: location(f), Message: fmt.Sprintf("Field '%s' doesn't accept argument '%s'", f.Name, a.Name),
				Extensions: map[string]any{"code": "argumentNotAccepted", "name": f.Name, "typeName": "Field", "argumentName": a.Name},
			})
		}
	}
	switch {
	case def.of == "" && len(f.SelectionSet) > 0:
		v.add(graphqlError{Path: path, Locations: location(f), Message: fmt.Sprintf("Selections can't be made on scalars (field '%s' of '%s')", f.Name, typ.name)})
		return
	case def.of != "" && len(f.SelectionSet) == 0:
		v.add(graphqlError{Path: path, Locations: location(f), Message: fmt.Sprintf("Field must have selections (field '%s' returns %s but has no selections. Did you mean '%s { ... }'?)", f.Name, def.of, f.Name)})
		return
	}
	if v.skipped(f.Directives) {
		return
	}
	if def.connection {
		n, ok := v.bounds(f, path)
		if !ok {
			return
		}
		v.requests += factor
		factor *= n
		v.nodes += factor
	}
	if ids := f.Arguments.ForName("ids"); ids != nil {
		if list, _ := ids.Value.Value(v.variables); list != nil {
			if items, ok := list.([]any); ok {
				if len(items) > pageLimit {
					v.add(graphqlError{Type: "ARGUMENT_LIMIT", Path: path, Locations: location(f), Message: fmt.Sprintf("You may not provide more than %d node ids; you provided %d.", pageLimit, len(items))})
				}
				factor *= len(items)
			}
		}
	}
	if v.nodes > nodeLimit {
		v.add(graphqlError{Type: "MAX_NODE_LIMIT_EXCEEDED", Path: path, Message: fmt.Sprintf("This query requests up to %d possible nodes which exceeds the maximum limit of 500,000.", v.nodes)})
		return
	}
	if def.of != "" {
		v.selection(f.SelectionSet, schema[def.of], path, factor, spreading)
	}
}

// bounds is the page size that a connection asks for, which GitHub insists on.
func (v *validation) bounds(f *ast.Field, path []any) (int, bool) {
	for _, name := range []string{"first", "last"} {
		given := f.Arguments.ForName(name)
		if given == nil {
			continue
		}
		value, err := given.Value.Value(v.variables)
		if err != nil || value == nil {
			continue
		}
		n, ok := arguments{name: value}.number(name)
		switch {
		case !ok:
			v.add(graphqlError{Path: path, Locations: location(f), Message: fmt.Sprintf("Argument '%s' on Field '%s' has an invalid value. Expected type 'Int'.", name, f.Name)})
			return 0, false
		case n > pageLimit:
			v.add(graphqlError{Type: "EXCESSIVE_PAGINATION", Path: path[1:], Locations: location(f), Message: fmt.Sprintf("Requesting %d records on the `%s` connection exceeds the `%s` limit of %d records.", n, f.Name, name, pageLimit)})
			return 0, false
		case n < 1:
			v.add(graphqlError{Type: "INVALID_CURSOR_ARGUMENTS", Path: path[1:], Locations: location(f), Message: fmt.Sprintf("`%s` on the `%s` connection must be between 1 and %d.", name, f.Name, pageLimit)})
			return 0, false
		}
		return n, true
	}
	v.add(graphqlError{Type: "MISSING_PAGINATION_BOUNDARIES", Path: path[1:], Locations: location(f), Message: fmt.Sprintf("You must provide a `first` or `last` value to properly paginate the `%s` connection.", f.Name)})
	return 0, false
}

func (v *validation) add(e graphqlError) { v.errors = append(v.errors, e) }
