package github_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// published is a description that GitHub publishes, in OpenAPI's form, of which each schema is read when it is come to.
type published struct {
	text    map[string]json.RawMessage // schemas by name
	schemas map[string]map[string]any
	root    map[string]json.RawMessage
}

// octokit is where npm puts what GitHub publishes.
const octokit = "../../../node_modules/@octokit"

// publishedFile reads a file of an npm package. In CI the packages are there.
func publishedFile(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(octokit, path))
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		t.Skipf("@octokit/%s is not installed: go tool mage packages installs it", path)
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

func readPublished(t *testing.T, path string) *published {
	t.Helper()
	p := &published{schemas: map[string]map[string]any{}}
	publishedFile(t, path, &p.root)
	var components struct{ Schemas map[string]json.RawMessage }
	require.NoError(t, json.Unmarshal(p.root["components"], &components))
	p.text = components.Schemas
	return p
}

// schema finds what a reference is to.
func (p *published) schema(reference string) map[string]any {
	name := reference[strings.LastIndex(reference, "/")+1:]
	if known, read := p.schemas[name]; read {
		return known
	}
	var found map[string]any
	if err := json.Unmarshal(p.text[name], &found); err != nil {
		panic(fmt.Sprintf("%s: %s", reference, err))
	}
	p.schemas[name] = found
	return found
}

// place is a property within a document that was grown from a schema, or an entry of a list.
type place struct {
	path    string
	depth   int
	object  map[string]any // that has it; nil: it is the entry of list
	key     string
	list    []any
	allowed []form   // what else the schema lets stand there
	before  []choice // what stands elsewhere while it does
}

// form is a value that may stand at a place, or that nothing stands there.
type form struct {
	name   string
	value  any
	absent bool
	inside []*place // within the value
}

// choice is a form at a place.
type choice struct {
	at   *place
	form form
}

func (c choice) String() string { return c.at.path + " " + c.form.name }

// put puts the form there, and gives what takes it back.
func (c choice) put() (undo func()) {
	if c.at.object == nil {
		was := c.at.list[0]
		c.at.list[0] = c.form.value
		return func() { c.at.list[0] = was }
	}
	was, stood := c.at.object[c.at.key]
	if c.form.absent {
		delete(c.at.object, c.at.key)
	} else {
		c.at.object[c.at.key] = c.form.value
	}
	return func() {
		if stood {
			c.at.object[c.at.key] = was
		} else {
			delete(c.at.object, c.at.key)
		}
	}
}

// deepest bounds how deep a document grows where a schema leads back to itself.
const deepest = 12

// gardener grows a document from a schema: every property with a value of the first type that it may have.
type gardener struct {
	*published
	places []*place
}

// growth is where in a document something grows.
type growth struct {
	path  string
	depth int
	above []string // references on the way here
}

func (g growth) into(name string) growth {
	g.path, g.depth = strings.TrimPrefix(g.path+name, "."), g.depth+1
	return g
}

// grow grows one value, and tells the forms that could stand in its place.
func (g *gardener) grow(schema map[string]any, at growth) (value any, others []form) {
	if reference, ok := schema["$ref"].(string); ok {
		if slices.Contains(at.above, reference) || at.depth > deepest {
			return map[string]any{}, nil
		}
		at.above = append(slices.Clone(at.above), reference)
		return g.grow(g.schema(reference), at)
	}
	if all, ok := schema["allOf"].([]any); ok {
		return g.grow(g.merged(schema, all), at)
	}
	for _, name := range []string{"oneOf", "anyOf"} {
		if list, ok := schema[name].([]any); ok && schema["properties"] == nil {
			return g.growOne(schema, list, at)
		}
	}
	for i, kind := range kindsOf(schema) {
		if i == 0 {
			value = g.ofKind(kind, schema, at)
			continue
		}
		others = append(others, form{name: kind, value: ofType[kind]})
	}
	if list, ok := value.([]any); ok && len(list) > 0 {
		others = append(others, form{name: "no entries", value: []any{}})
	}
	return value, others
}

// growOne grows the first of several schemas; the others are forms that could stand there, with what is within them.
func (g *gardener) growOne(schema map[string]any, list []any, at growth) (value any, others []form) {
	for i, each := range list {
		twig := g
		if i > 0 {
			twig = &gardener{published: g.published}
		}
		found, more := twig.grow(each.(map[string]any), at)
		if i == 0 {
			value, others = found, more
			continue
		}
		others = append(append(others, form{name: fmt.Sprintf("form %d", i+1), value: found, inside: twig.places}), more...)
	}
	if schema["nullable"] == true {
		others = append(others, form{name: "null"})
	}
	return value, others
}

// note keeps a place, and what is within its other forms, which stands there only while they do.
func (g *gardener) note(p *place) {
	g.places = append(g.places, p)
	for _, other := range p.allowed {
		for _, each := range other.inside {
			each.before = append([]choice{{p, other}}, each.before...)
			g.places = append(g.places, each)
		}
	}
}

// merged is what a value must be that is of all schemas at once.
func (g *gardener) merged(schema map[string]any, all []any) map[string]any {
	properties, required := map[string]any{}, []any{}
	whole := map[string]any{}
	both := func(known, more any) any {
		if known == nil {
			return more
		}
		return map[string]any{"allOf": []any{known, more}}
	}
	add := func(part map[string]any) {
		for key, value := range part {
			switch key {
			case "properties":
				for name, property := range value.(map[string]any) {
					properties[name] = both(properties[name], property)
				}
			case "required":
				required = append(required, value.([]any)...)
			case "items":
				whole[key] = both(whole[key], value)
			case "type":
				if known, several := whole[key].([]any); several || whole[key] == nil || len(known) > 1 {
					whole[key] = value
				}
			case "allOf":
			default:
				whole[key] = value
			}
		}
	}
	for _, each := range all {
		part := each.(map[string]any)
		if reference, ok := part["$ref"].(string); ok {
			part = g.schema(reference)
		}
		if inner, ok := part["allOf"].([]any); ok {
			part = g.merged(part, inner)
		}
		add(part)
	}
	add(schema)
	whole["properties"], whole["required"] = properties, required
	return whole
}

// ofType has a value of each type of JSON.
var ofType = map[string]any{
	"null": nil, "boolean": true, "integer": 7, "number": 7.5, "string": "text", "array": []any{}, "object": map[string]any{},
}

// kindsOf are the types that a schema allows, null last.
func kindsOf(schema map[string]any) []string {
	var kinds []string
	switch kind := schema["type"].(type) {
	case string:
		kinds = []string{kind}
	case []any:
		for _, each := range kind {
			kinds = append(kinds, each.(string))
		}
	default:
		switch {
		case schema["properties"] != nil:
			kinds = []string{"object"}
		case schema["items"] != nil:
			kinds = []string{"array"}
		case schema["enum"] != nil || schema["format"] != nil:
			kinds = []string{"string"}
		default: // anything
			kinds = []string{"string", "object", "array", "boolean", "integer", "number", "null"}
		}
	}
	if schema["nullable"] == true && !slices.Contains(kinds, "null") {
		kinds = append(kinds, "null")
	}
	slices.SortStableFunc(kinds, func(a, b string) int {
		if (a == "null") == (b == "null") {
			return 0
		} else if a == "null" {
			return 1
		}
		return -1
	})
	return kinds
}

func (g *gardener) ofKind(kind string, schema map[string]any, at growth) any {
	switch kind {
	case "object":
		return g.object(schema, at)
	case "array":
		items, _ := schema["items"].(map[string]any)
		if items == nil {
			return []any{}
		}
		list := []any{nil}
		inner := at.into("[]")
		value, others := g.grow(items, inner)
		list[0] = value
		g.note(&place{path: inner.path, depth: inner.depth, list: list, allowed: others})
		return list
	case "string":
		if list, ok := schema["enum"].([]any); ok {
			return list[0]
		}
		switch schema["format"] {
		case "date-time":
			return "2026-03-02T09:00:00Z"
		case "date":
			return "2026-03-02"
		case "uri":
			return "https://github.example/there"
		}
	}
	return ofType[kind]
}

func (g *gardener) object(schema map[string]any, at growth) any {
	object := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	var required []string
	if list, ok := schema["required"].([]any); ok {
		for _, each := range list {
			required = append(required, each.(string))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		property, _ := properties[name].(map[string]any)
		g.property(object, name, property, slices.Contains(required, name), at)
	}
	if more, ok := schema["additionalProperties"].(map[string]any); ok {
		g.property(object, "any_name", more, false, at)
	}
	return object
}

func (g *gardener) property(object map[string]any, name string, schema map[string]any, required bool, at growth) {
	inner := at.into("." + name)
	value, others := g.grow(schema, inner)
	if value == ofType["string"] && strings.HasSuffix(name, "_at") { // the schema does not always say that it is a time
		value = plantedAt
	}
	object[name] = value
	if !required {
		others = append(others, form{name: "absent", absent: true})
	}
	g.note(&place{path: inner.path, depth: inner.depth, object: object, key: name, allowed: others})
}

// document is what was grown from a schema, with all of its places.
type document struct {
	root   any
	places []*place
}

// grown grows a document, and plants values in it that a reader needs to see a sense in it; nil takes a place away.
func (p *published) grown(schema map[string]any, planted map[string]any) *document {
	g := &gardener{published: p}
	d := &document{}
	d.root, _ = g.grow(schema, growth{})
	for _, each := range g.places {
		value, replaced := planted[each.path]
		under := slices.ContainsFunc(slices.Collect(maps.Keys(planted)), func(path string) bool {
			return strings.HasPrefix(each.path, path+".") || strings.HasPrefix(each.path, path+"[]")
		})
		if under {
			continue
		}
		if replaced && len(each.before) == 0 {
			was := each.object[each.key]
			choice{each, form{value: value, absent: value == nil}}.put()
			if value == nil {
				each.allowed = append(each.allowed, form{name: "as published", value: was})
			}
		}
		d.places = append(d.places, each)
	}
	return d
}

// with is the document's text with other forms at some places.
func (d *document) with(t *testing.T, choices []choice) []byte {
	t.Helper()
	var undo []func()
	if len(choices) > 0 {
		for _, each := range choices[0].at.before { // all of them stand behind the same
			undo = append(undo, each.put())
		}
	}
	for _, each := range choices {
		undo = append(undo, each.put())
	}
	text, err := json.Marshal(d.root)
	require.NoError(t, err)
	for _, back := range slices.Backward(undo) {
		back()
	}
	return text
}

// trial hands on the document in every form that forms gives for its places, and tells which of them are refused, each
// alone. Places that do not touch each other are tried together; where they are refused together, they are taken apart.
func (d *document) trial(t *testing.T, forms func(*place) []form, refuses func(text []byte) error) (tried int, refused map[string]error) {
	t.Helper()
	groups := map[string][]choice{}
	for _, each := range d.places {
		for i, other := range forms(each) {
			key := fmt.Sprintf("%d %d %v", each.depth, i, each.before)
			groups[key] = append(groups[key], choice{each, other})
			tried++
		}
	}
	refused = map[string]error{}
	var try func(choices []choice)
	try = func(choices []choice) {
		err := refuses(d.with(t, choices))
		switch {
		case err == nil:
		case len(choices) == 1:
			refused[choices[0].String()] = err
		default:
			try(choices[:len(choices)/2])
			try(choices[len(choices)/2:])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		try(groups[key])
	}
	return tried, refused
}

// allowed are the forms that the schema lets stand at a place.
func allowed(p *place) []form { return p.allowed }

// outermost are those at the places of a document and of what stands in it, no deeper.
func outermost(p *place) []form {
	if p.depth > 2 {
		return nil
	}
	return p.allowed
}

// wild are all forms there are, for the places of which nothing is read.
func wild(read []string) func(p *place) []form {
	return func(p *place) []form {
		if len(p.before) > 0 || slices.ContainsFunc(read, func(path string) bool {
			return path == p.path || strings.HasPrefix(path, p.path+".") || strings.HasPrefix(path, p.path+"[]")
		}) {
			return nil
		}
		var forms []form
		for _, kind := range slices.Sorted(maps.Keys(ofType)) {
			forms = append(forms, form{name: kind, value: ofType[kind]})
		}
		return append(forms, form{name: "absent", absent: true})
	}
}

// without takes what is needed away, each alone.
func without(needed []string) func(p *place) []form {
	return func(p *place) []form {
		if len(p.before) > 0 || !slices.Contains(needed, p.path) {
			return nil
		}
		return []form{{name: "absent", absent: true}, {name: "null"}}
	}
}
