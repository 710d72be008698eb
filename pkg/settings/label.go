package settings

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Page explains every setting but those of systems, each of which has a page of its own.
const Page = documentation + "configure.md"

const documentation = "https://github.com/livedora/dora-datasource/blob/main/docs/"

// PageOf explains the settings of a type of system.
func PageOf(system string) string { return documentation + "sources/" + system + ".md" }

// labels are what the editor calls the fields that are not a system's own, which reads the same file; [] stands for a place
// in a list.
//
//go:embed labels.json
var labelsText []byte

var labels = func() map[string]string {
	read := map[string]string{}
	if err := json.Unmarshal(labelsText, &read); err != nil {
		panic(err) // it is built in
	}
	return read
}()

var (
	place  = regexp.MustCompile(`\[\d+\]`)
	within = regexp.MustCompile(`^sources\[(\d+)\]\.(.*)$`)

	withinSink = regexp.MustCompile(`^sinks\[(\d+)\]\.(.*)$`)
)

// label gives each mistake what the editor calls its field, where it has a control for it, and the page that explains it.
func (s *Settings) label(err error) error {
	mistakes := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		mistakes = joined.Unwrap()
	}
	for _, each := range mistakes {
		var mistake *strict.Error
		if errors.As(each, &mistake) {
			mistake.Label, mistake.Page = s.labelOf(mistake.Field), s.pageOf(mistake.Field)
		}
	}
	return err
}

// systemOf is the system that a field is a setting of, and its key there; nil where it is of none.
func (s *Settings) systemOf(field string) (system *source.System, key string) {
	of := within.FindStringSubmatch(field)
	if of == nil {
		return nil, ""
	}
	if i, err := strconv.Atoi(of[1]); err == nil && i < len(s.Sources) {
		return s.Sources[i].System, place.ReplaceAllString(of[2], "")
	}
	return nil, ""
}

func (s *Settings) labelOf(field string) string {
	if system, key := s.systemOf(field); system != nil {
		if label := system.Label(key); label != "" {
			return label
		}
	}
	if of := withinSink.FindStringSubmatch(field); of != nil {
		if i, err := strconv.Atoi(of[1]); err == nil && i < len(s.Sinks) && s.Sinks[i].System != nil {
			if label := s.Sinks[i].System.Fields().Label(place.ReplaceAllString(of[2], "")); label != "" {
				return label
			}
		}
	}
	general := place.ReplaceAllString(field, "[]")
	if label := labels[general]; label != "" {
		return label
	}
	return labels[strings.TrimSuffix(general, "[]")] // an entry of a list
}

func (s *Settings) pageOf(field string) string {
	if system, key := s.systemOf(field); system != nil && key != "id" && key != "type" {
		return PageOf(system.Type) + "#settings"
	}
	for _, at := range anchors {
		if strings.HasPrefix(field, at.field) {
			return Page + at.anchor
		}
	}
	return ""
}

// anchors are where Page explains the fields that begin so.
var anchors = []struct{ field, anchor string }{
	{"sources", "#sources"}, {"services", "#services"}, {"otherRepositories", "#services"}, {"production", "#services"}, {"definition", "#definition"},
	{"collect", "#collect-and-store"}, {"store", "#collect-and-store"}, {"sinks", "#sinks"},
}

// Explain tells mistakes to who is in front of the editor: each field as its label names it, and the page that explains the
// first. An error that is about no field says what it says.
func Explain(err error) string {
	mistakes := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		mistakes = joined.Unwrap()
	}
	var sentences []string
	page := ""
	for _, each := range mistakes {
		mistake, ok := each.(*strict.Error) //nolint:errorlint // one that is wrapped says more than the mistake
		if !ok {
			sentences = append(sentences, strings.ReplaceAll(each.Error(), "\n", "; "))
			continue
		}
		text := mistake.Error()
		if mistake.Label != "" {
			text = fmt.Sprintf("%s (%s): %s", mistake.Label, mistake.Field, mistake.Problem)
		}
		sentences = append(sentences, text)
		if page == "" && mistake.Page != "" {
			page = ". See " + mistake.Page
		}
	}
	return strings.Join(sentences, "; ") + page
}
