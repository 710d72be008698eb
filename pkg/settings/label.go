package settings

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/livedora/dora-datasource/pkg/strict"
)

// Page explains every setting.
const Page = "https://github.com/livedora/dora-datasource/blob/main/docs/configure.md"

// labels are what the editor calls the fields, which reads the same file; [] stands for a place in a list.
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

var place = regexp.MustCompile(`\[\d+\]`)

// Label is what the editor calls a field such as sources[0].url; empty where it has no control for it.
func Label(field string) string {
	general := place.ReplaceAllString(field, "[]")
	if label := labels[general]; label != "" {
		return label
	}
	return labels[strings.TrimSuffix(general, "[]")] // an entry of a list
}

// anchors are where Page explains the fields that begin so.
var anchors = []struct{ field, anchor string }{
	{"sources", "#sources"}, {"services", "#services"}, {"production", "#services"}, {"definition", "#definition"},
	{"collect", "#collect-and-store"}, {"store", "#collect-and-store"},
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
		if label := Label(mistake.Field); label != "" {
			text = fmt.Sprintf("%s (%s): %s", label, mistake.Field, mistake.Problem)
		}
		sentences = append(sentences, text)
		for _, at := range anchors {
			if page == "" && strings.HasPrefix(mistake.Field, at.field) {
				page = ". See " + Page + at.anchor
			}
		}
	}
	return strings.Join(sentences, "; ") + page
}
