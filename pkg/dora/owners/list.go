package owners

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// A list of owners has two columns, of which the second is team: service or repository, and who owns it. Several owners are
// several lines, or stand in one line with ; between.

const (
	// LimitOfList bounds a list, in bytes.
	LimitOfList = 1 << 20
	between     = ";"
)

// list is who owns what, by names in lower case.
type list struct {
	byRepository bool
	owners       map[string][]string
	names        map[string]string // as they were written
}

// ReadList reads a list. The error joins one for each line that cannot be read, with its number.
func ReadList(text string) error {
	_, err := readList(text)
	return err
}

// EntitiesIn are what a list says, each service or repository by itself. The error is that of ReadList; what can be read is read all
// the same, if the heading can.
func EntitiesIn(text string) (entities []dora.Entity, err error) {
	l, err := readList(text)
	for _, key := range slices.Sorted(maps.Keys(l.names)) {
		e := dora.Entity{From: dora.OwnersInCSV, Owners: l.owners[key]}
		if l.byRepository {
			e.Repositories = []string{l.names[key]}
		} else {
			e.Name = l.names[key]
		}
		entities = append(entities, e)
	}
	return entities, err
}

func readList(text string) (list, error) {
	l := list{owners: map[string][]string{}, names: map[string]string{}}
	if len(text) > LimitOfList {
		return l, fmt.Errorf("has %d bytes; allowed: up to %d", len(text), LimitOfList)
	}
	reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	reader.FieldsPerRecord, reader.TrimLeadingSpace, reader.Comment = -1, true, '#'
	var mistakes []error
	headed := false
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			mistakes = append(mistakes, fmt.Errorf("line %d: %w", wrong.Line, wrong.Err))
			break // where a quotation mark is missing the rest is no list
		}
		if err != nil {
			return l, err
		}
		line, _ := reader.FieldPos(0)
		for i := range record {
			record[i] = strings.TrimSpace(record[i])
		}
		switch {
		case !headed:
			headed = true
			if len(record) != 2 || !strings.EqualFold(record[1], "team") || !strings.EqualFold(record[0], "service") && !strings.EqualFold(record[0], "repository") {
				return l, fmt.Errorf("line %d: is no heading; allowed: service,team or repository,team", line)
			}
			l.byRepository = strings.EqualFold(record[0], "repository")
		case len(record) != 2:
			mistakes = append(mistakes, fmt.Errorf("line %d: has %d columns; allowed: 2, and %s between several teams", line, len(record), between))
		case record[0] == "":
			mistakes = append(mistakes, fmt.Errorf("line %d: names nothing that is owned", line))
		default:
			named := false
			key := strings.ToLower(record[0])
			if l.names[key] == "" {
				l.names[key] = record[0]
			}
			for team := range strings.SplitSeq(record[1], between) {
				if team = strings.TrimSpace(team); team != "" {
					named = true
					l.owners[key] = add(l.owners[key], team)
				}
			}
			if !named {
				mistakes = append(mistakes, fmt.Errorf("line %d: names no team", line))
			}
		}
	}
	if !headed {
		mistakes = append(mistakes, errors.New("line 1: is missing; allowed: service,team or repository,team"))
	}
	return l, errors.Join(mistakes...)
}

// add puts a name behind others, once.
func add(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
