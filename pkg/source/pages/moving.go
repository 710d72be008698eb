package pages

import "strconv"

// rereadLimit bounds how often a page is read again because the list moved.
const rereadLimit = 3

// Moving is what one reading has met of a list whose pages are counted from its newest entry. A list that moves while it is
// read repeats entries; and what moves to and fro loses some between two pages. The zero value has met nothing.
type Moving struct {
	met   map[string]bool // by key
	moved bool            // entries came a second time, and went on coming
	trail Trail
}

// GoOn reads the page of a number. While it repeats entries of the pages before, it is read again; and where that does not
// end, the list is followed beyond its last page until nothing is news, for what was pushed out of it. Key tells entries
// apart; an entry without one is always news. Next is the number of the page after, 0 behind the last; its errors are those
// of the reading, or ErrNoEnd.
func GoOn[T any](m *Moving, number int, key func(*T) string, read func(number int) (list []*T, next int, err error)) (list []*T, next int, err error) {
	repeats := false
	for range 1 + rereadLimit {
		if list, next, err = read(number); err != nil {
			return nil, next, err
		}
		repeats = false
		for _, entry := range list {
			repeats = repeats || m.met[key(entry)]
		}
		if !repeats {
			break
		}
	}
	if m.met == nil {
		m.met = map[string]bool{}
	}
	m.moved = m.moved || repeats
	news, nameless := 0, 0
	for _, entry := range list {
		switch key := key(entry); {
		case key == "":
			nameless++
		case !m.met[key]:
			news++
			m.met[key] = true
		}
	}
	if m.moved && news > 0 && next == 0 {
		next = number + 1
	}
	if next > 0 && next <= number || m.trail.Follow(news+nameless, Info{next > 0, strconv.Itoa(next)}) != nil {
		return nil, next, ErrNoEnd
	}
	return list, next, nil
}

// All reads a list by page numbers to its end.
func All[T any](key func(*T) string, read func(number int) (list []*T, next int, err error)) (all []*T, err error) {
	m := new(Moving)
	for number := 1; number > 0; {
		var list []*T
		if list, number, err = GoOn(m, number, key, read); err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}
