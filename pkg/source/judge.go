package source

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Judge finds what is wrong with a source's settings and secrets: what the declaration tells, and what only the system's
// own settings know.
func (s *System) Judge(at, id string, own Settings, secrets map[string]string, fail Fail) {
	Declared{s.Rows, s.Access}.Judge(at, Plain(own), func(name string) string { return SecretKey(id, name) }, secrets, fail)
	if judge, ok := own.(Judge); ok {
		judge.Judge(at, fail)
	}
}

// Declared are the fields of some settings and the ways in, whatever these are settings of.
type Declared struct {
	Rows   [][]Field
	Access *Access
}

// Judge finds what is wrong with settings, as they would be saved, and secrets, which settings call by a key of their own.
func (d Declared) Judge(at string, plain map[string]any, secretKey func(name string) string, secrets map[string]string, fail Fail) {
	j := judge{d.Fields(), at, secretKey, plain, secrets, fail, false}
	for i, row := range d.Rows {
		j.fields(row)
		if i == 0 && d.Access != nil {
			j.access(d.Access)
		}
	}
}

// Fields are all of them, those of ways in too.
func (d Declared) Fields() []Field {
	fields := slices.Concat(d.Rows...)
	if d.Access != nil {
		for i := range d.Access.Ways {
			fields = append(fields, d.Access.Ways[i].Fields...)
		}
	}
	return fields
}

// Label is what the editor calls the field of a key; empty where it has none.
func (d Declared) Label(key string) string {
	for _, field := range d.Fields() {
		if field.Key == key {
			return field.Label
		}
		if rest, within := strings.CutPrefix(key, field.Key+"."); within && field.Kind == Rules {
			for _, each := range field.Fields {
				if each.Key == rest {
					return each.Label
				}
			}
		}
	}
	return ""
}

// Addresses are those that are given in settings, by their keys.
func (d Declared) Addresses(plain map[string]any) (found []Located) {
	for _, field := range d.Fields() {
		if text, _ := at(plain, field.Key); field.Kind == Address && !empty(text) {
			found = append(found, Located{field.Key, fmt.Sprint(text)})
		}
	}
	return found
}

// judge looks at the settings as they would be saved, as the editor does.
type judge struct {
	all     []Field // that there are
	at      string
	secret  func(name string) string // what settings call one
	plain   map[string]any
	secrets map[string]string
	fail    Fail
	entry   bool // of rules: one that only leaves out is about nothing
}

func (j *judge) fields(row []Field) {
	for i := range row {
		f := &row[i]
		value, within := at(j.plain, f.Key)
		field := j.at + "." + f.Key
		if empty(value) || j.entry && f.Kind == Globs && leavesOut(value) {
			if f.Required != "" && within && j.holds(f.When) {
				j.fail(field, "is missing; allowed: %s", f.Required)
			}
			continue
		}
		if !j.holds(f.When) {
			key := inner(f.When.Key)
			j.fail(field, "is not allowed with %s: %s%s; allowed with %s: %s", key, j.chosen(f.When.Key), f.When.Because, key, strings.Join(f.When.Values, ", "))
		}
		fits := f.Form.fitting()
		switch v := value.(type) {
		case string:
			if f.Kind == Address {
				j.address(field, v)
			}
			if !fits(v) {
				j.fail(field, "%s", f.Form.problem())
			}
		case []any:
			if f.Kind == Rules {
				j.rules(field, f.Fields, v)
				continue
			}
			for k, each := range v {
				if text, _ := each.(string); !fits(text) {
					j.fail(fmt.Sprintf("%s[%d]", field, k), "%s%s", quoted(text), f.Form.problem())
				}
			}
		}
	}
}

// rules looks at each entry as at settings of its own.
func (j *judge) rules(field string, fields []Field, entries []any) {
	for i, each := range entries {
		entry := *j
		entry.all, entry.at, entry.entry = fields, fmt.Sprintf("%s[%d]", field, i), true
		entry.plain, _ = each.(map[string]any)
		entry.fields(fields)
	}
}

// leavesOut says that all of some patterns begin with an exclamation mark.
func leavesOut(value any) bool {
	list, _ := value.([]any)
	return !slices.ContainsFunc(list, func(each any) bool {
		text, _ := each.(string)
		return !strings.HasPrefix(strings.TrimSpace(text), "!")
	})
}

// inner is the last part of a key.
func inner(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// at finds what lies at a key such as deployments.from, and says whether the object is there that it would be in.
func at(plain map[string]any, key string) (value any, within bool) {
	first, rest, deeper := strings.Cut(key, ".")
	if !deeper {
		return plain[first], true
	}
	inner, ok := plain[first].(map[string]any)
	if !ok {
		return nil, false
	}
	return at(inner, rest)
}

// empty says that a value says nothing.
func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func (j *judge) holds(when *When) bool {
	return when == nil || slices.Contains(when.Values, j.chosen(when.Key))
}

// chosen is what a choice is, its default included.
func (j *judge) chosen(key string) string {
	if text, _ := at(j.plain, key); !empty(text) {
		return fmt.Sprint(text)
	}
	for _, field := range j.all {
		if field.Key == key && len(field.Choices) > 0 {
			return field.Choices[0].Value
		}
	}
	return ""
}

// access finds what is missing of a way in, and secrets of the first way that contradict it.
func (j *judge) access(a *Access) {
	for i := range a.Ways {
		way := &a.Ways[i]
		if i == 0 || !j.taken(way) {
			continue
		}
		for _, other := range a.Ways[0].Secrets {
			if key := j.secret(other.Name); j.secrets[other.Name] != "" {
				j.fail(key, "is not allowed with %s; allowed: this secret, or %s", way.Noun, j.parts(way, ""))
				return
			}
		}
		for k := range way.Fields {
			key := way.Fields[k].Key
			if value, _ := at(j.plain, key); empty(value) {
				j.fail(j.at+"."+key, "is missing; %s needs %s", way.Noun, j.parts(way, ""))
			}
		}
		j.fields(way.Fields)
		for _, secret := range way.Secrets {
			text, key := j.secrets[secret.Name], j.secret(secret.Name)
			if text == "" {
				j.fail(key, "is missing; %s needs %s", way.Noun, j.parts(way, secret.Name))
			} else if !secret.Form.fitting()(text) {
				j.fail(key, "%s", secret.Form.problem())
			}
		}
	}
}

// taken says whether anything of a way in is configured.
func (j *judge) taken(way *Way) bool {
	return slices.ContainsFunc(way.Fields, func(f Field) bool {
		value, _ := at(j.plain, f.Key)
		return !empty(value)
	}) || slices.ContainsFunc(way.Secrets, func(s Secret) bool { return j.secrets[s.Name] != "" })
}

// parts lists what a way in is made of; the secret that the sentence is about is "this secret".
func (j *judge) parts(way *Way, this string) string {
	var all []string
	for i := range way.Fields {
		all = append(all, way.Fields[i].Key)
	}
	for _, secret := range way.Secrets {
		if secret.Name == this {
			all = append(all, "this secret")
		} else {
			all = append(all, "the secret "+j.secret(secret.Name))
		}
	}
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

func (j *judge) address(field, text string) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		j.fail(field, "is not an address; allowed: https://HOST or http://HOST with a path")
	} else if u.User != nil {
		j.fail(field, "must not contain a user or password; a token belongs in the source's secret")
	}
}

// Addresses are the source's that are given, by their keys: whoever is on the way to one may read what is sent there.
func (s *System) Addresses(own Settings) []Located {
	return Declared{s.Rows, s.Access}.Addresses(Plain(own))
}

// Located is an address and the key that it is given by.
type Located struct{ Key, Address string }

// Fields are all that its settings have, those of ways in too.
func (s *System) Fields() []Field { return Declared{s.Rows, s.Access}.Fields() }

// Label is what the editor calls the field of a key; empty where it has none.
func (s *System) Label(key string) string { return Declared{s.Rows, s.Access}.Label(key) }

// fitting says of texts whether they have the form. Every text has none.
func (f *Form) fitting() func(string) bool {
	if f == nil {
		return func(string) bool { return true }
	}
	return regexp.MustCompile(f.Pattern).MatchString
}

func (f *Form) problem() string {
	if f.Noun != "" {
		return "is not " + f.Noun + "; allowed: " + f.Allowed
	}
	return "is not allowed; allowed: " + f.Allowed
}

// quoted repeats what a person wrote, followed by a space; nothing where it may be an address with a token in it.
func quoted(text string) string {
	if strings.Contains(text, "@") {
		return ""
	}
	return strconv.Quote(text) + " "
}
