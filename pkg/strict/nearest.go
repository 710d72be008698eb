package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// nearestLimit is how many names a person is shown of many.
const nearestLimit = 10

// Among says which names there are where one that was asked for is not among them: all of a few, and of many those that
// are written most like it.
func Among(wanted string, names []string) string {
	switch {
	case len(names) == 0:
		return "there are none"
	case len(names) <= nearestLimit:
		return "there are: " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("nearest of %d: %s", len(names), strings.Join(nearest(wanted, names), ", "))
}

// nearest are the names that are written most like one, the nearest first. What contains it, or is contained, is near,
// however long.
func nearest(wanted string, names []string) []string {
	type far struct {
		name     string
		distance int
	}
	wanted = strings.ToLower(short(wanted, fieldLimit))
	all := make([]far, len(names))
	for i, name := range names {
		lower := strings.ToLower(short(name, fieldLimit))
		all[i] = far{name, 2 * distance(wanted, lower)}
		if wanted != "" && (strings.Contains(lower, wanted) || strings.Contains(wanted, lower)) {
			all[i].distance = min(all[i].distance, 3)
		}
	}
	slices.SortStableFunc(all, func(a, b far) int { return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name)) })
	found := make([]string, 0, nearestLimit/2)
	for _, each := range all[:min(len(all), cap(found))] {
		found = append(found, each.name)
	}
	return found
}

// distance is Levenshtein's: how many letters are written anew, left out or put in between two words.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range from {
		corner := row[0]
		row[0] = i + 1
		for j, y := range to {
			written := corner
			if x != y {
				written++
			}
			corner = row[j+1]
			row[j+1] = min(written, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
