// Package strict reads JSON-like values (from JSON, YAML or a query) into structs, and turns every mistake into a
// sentence that names the field and says what is allowed. It imports nothing of this module.
package strict

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Error is a mistake in one field.
type Error struct {
	Field   string // such as sources[0].url
	Problem string // what is wrong and what is allowed
	Label   string // what an editor calls the field, where that is known
	Page    string // where the field is explained, where that is known
}

// Error names the field and the problem.
func (e *Error) Error() string { return e.Field + ": " + e.Problem }

// Enum is a string type with a fixed set of values.
type Enum interface{ Allowed() []string }

// Decode fills target, a pointer to a struct with json tags, from a value of maps, lists, strings, numbers and
// booleans. What is absent or null keeps its default. A number or boolean where a string is wanted is taken as text,
// because environment expansion turns "5" into 5. All mistakes are reported together, each an *Error.
func Decode(path string, value any, target any, options ...Option) error {
	d := &Decoder{}
	for _, option := range options {
		option(d)
	}
	d.decode(path, value, reflect.ValueOf(target).Elem())
	return Mistakes(d.errors)
}

// Option changes how values are read.
type Option func(*Decoder)

// Reading has values of one type read in a way of their own, because what they may hold depends on what they hold.
func Reading[T any](read func(d *Decoder, path string, value any, target *T)) Option {
	return func(d *Decoder) {
		if d.readings == nil {
			d.readings = map[reflect.Type]func(string, any, reflect.Value){}
		}
		d.readings[reflect.TypeFor[T]()] = func(path string, value any, target reflect.Value) {
			read(d, path, value, target.Addr().Interface().(*T))
		}
	}
}

// Object fills several structs, each a pointer, from one object, whose keys are those of all of them.
func (d *Decoder) Object(path string, value any, targets ...any) {
	structs := make([]reflect.Value, len(targets))
	for i, target := range targets {
		structs[i] = reflect.ValueOf(target).Elem()
	}
	d.decodeStruct(path, value, structs...)
}

// Choice says whether a text is one of those that are allowed; where it is not, it is a mistake.
func (d *Decoder) Choice(path, text string, allowed []string) bool {
	if slices.Contains(allowed, text) {
		return true
	}
	d.fail(path, "%s is not allowed; allowed: %s", describe(text), strings.Join(allowed, ", "))
	return false
}

// Object reads JSON text that must be an object. Nothing and null are an empty one.
func Object(text []byte) (map[string]any, error) {
	object := map[string]any{}
	if len(text) == 0 {
		return object, nil
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	switch v := value.(type) {
	case nil:
		return object, nil
	case map[string]any:
		return v, nil
	}
	return nil, fmt.Errorf("not a JSON object: it is %s", describe(value))
}

// Decoder reads a value and gathers what is wrong with it.
type Decoder struct {
	errors   []error
	readings map[reflect.Type]func(path string, value any, target reflect.Value)
}

// searchLimit is how many mistakes are looked for: a text that is nothing but mistakes costs no more than to read it.
const searchLimit = 100

// enough says that there are mistakes enough.
func (d *Decoder) enough() bool { return len(d.errors) >= searchLimit }

func (d *Decoder) fail(path, format string, args ...any) {
	if d.enough() {
		return
	}
	if path == "" {
		path = "the settings"
	}
	d.errors = append(d.errors, &Error{Field: path, Problem: fmt.Sprintf(format, args...)})
}

func (d *Decoder) decode(path string, value any, target reflect.Value) {
	if value == nil {
		return
	}
	if target.Kind() == reflect.Pointer {
		fresh := reflect.New(target.Type().Elem())
		d.decode(path, value, fresh.Elem())
		target.Set(fresh)
		return
	}
	if read, ok := d.readings[target.Type()]; ok {
		read(path, value, target)
		return
	}
	if reader, ok := target.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if text, ok := d.text(path, value); ok {
			if err := reader.UnmarshalText([]byte(text)); err != nil {
				d.fail(path, "%s", err)
			}
		}
		return
	}
	switch target.Kind() {
	case reflect.Struct:
		d.decodeStruct(path, value, target)
	case reflect.Slice:
		d.decodeList(path, value, target)
	case reflect.Map:
		d.decodeMap(path, value, target)
	case reflect.String:
		text, ok := d.text(path, value)
		if !ok {
			return
		}
		if enum, ok := target.Interface().(Enum); ok && !d.Choice(path, text, enum.Allowed()) {
			return
		}
		target.SetString(text)
	case reflect.Bool:
		switch value {
		case true, "true":
			target.SetBool(true)
		case false, "false":
			target.SetBool(false)
		default:
			d.fail(path, "%s is not allowed; allowed: true, false", describe(value))
		}
	case reflect.Int, reflect.Int64:
		number, ok := wholeNumber(value)
		if !ok {
			d.fail(path, "%s is not allowed; allowed: a whole number", describe(value))
			return
		}
		target.SetInt(number)
	default:
		panic("strict: no reading for " + target.Type().String())
	}
}

func (d *Decoder) text(path string, value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	d.fail(path, "%s is not allowed; allowed: text", describe(value))
	return "", false
}

func wholeNumber(value any) (int64, bool) {
	switch v := value.(type) {
	case int:
		return int64(v), true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}

func (d *Decoder) decodeStruct(path string, value any, targets ...reflect.Value) {
	var allowed []string
	fields := map[string]reflect.Value{}
	for _, target := range targets {
		allowed = append(allowed, Keys(target.Type())...)
		for _, each := range reflect.VisibleFields(target.Type()) {
			if key := keyOf(each); key != "" {
				fields[key] = target.FieldByIndex(each.Index)
			}
		}
	}
	object, ok := value.(map[string]any)
	if !ok {
		d.fail(path, "%s is not allowed; allowed: an object with %s", describe(value), strings.Join(allowed, ", "))
		return
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if d.enough() {
			return
		}
		field, ok := fields[key]
		if !ok {
			d.fail(join(path, key), "there is no such key; allowed: %s", strings.Join(allowed, ", "))
			continue
		}
		d.decode(join(path, key), object[key], field)
	}
}

func (d *Decoder) decodeList(path string, value any, target reflect.Value) {
	list, ok := value.([]any)
	if !ok {
		d.fail(path, "%s is not allowed; allowed: a list", describe(value))
		return
	}
	fresh := reflect.MakeSlice(target.Type(), len(list), len(list))
	for i, each := range list {
		if d.enough() {
			return
		}
		at := fmt.Sprintf("%s[%d]", path, i)
		if each == nil {
			d.fail(at, "is empty")
			continue
		}
		d.decode(at, each, fresh.Index(i))
	}
	target.Set(fresh)
}

// decodeMap reads an object whose keys are anybody's.
func (d *Decoder) decodeMap(path string, value any, target reflect.Value) {
	object, ok := value.(map[string]any)
	if !ok {
		d.fail(path, "%s is not allowed; allowed: an object", describe(value))
		return
	}
	fresh := reflect.MakeMapWithSize(target.Type(), len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if d.enough() {
			return
		}
		each := reflect.New(target.Type().Elem()).Elem()
		d.decode(join(path, key), object[key], each)
		fresh.SetMapIndex(reflect.ValueOf(key), each)
	}
	target.Set(fresh)
}

// Keys lists the keys of a struct type, in its order, those of structs that are embedded included.
func Keys(t reflect.Type) []string {
	var keys []string
	for _, field := range reflect.VisibleFields(t) {
		if key := keyOf(field); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

func keyOf(field reflect.StructField) string {
	key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if key == "-" || !field.IsExported() {
		return ""
	}
	return key
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// describe names a kind of value without repeating it: it might be long.
func describe(value any) string {
	switch v := value.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return strconv.Quote(short(v, 80))
	}
	return fmt.Sprint(value)
}
