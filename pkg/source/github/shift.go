package github

// rereadLimit bounds how often a page is read again because the list moved.
const rereadLimit = 3

// reading is what one reading of a list has met. REST counts pages from the newest entry, so a list that moves while it
// is read repeats entries; and what moves to and fro loses some between two pages.
type reading struct {
	met   map[string]bool // by GitHub's node id
	moved bool            // entries came a second time, and went on coming
	trail trail
}

func newReading() *reading { return &reading{met: map[string]bool{}} }

// id is an entry's node id; empty for the few kinds that have none.
func id[T any](entry *T) string {
	if named, ok := any(entry).(interface{ nodeID() string }); ok {
		return named.nodeID()
	}
	return ""
}

// goOn reads the next page of a list. While it repeats entries of the pages before, it is read again; and where that
// does not end, the list is followed beyond its last page until nothing is news, for what was pushed out of it.
func goOn[T any](r *run, part string, before *reading, number int, read func(number int) ([]*T, fetched, error)) (list []*T, f fetched, err error) {
	repeats := false
	for range 1 + rereadLimit {
		if list, f, err = read(number); err != nil {
			return nil, f, err
		}
		repeats = false
		for _, entry := range list {
			repeats = repeats || before.met[id(entry)]
		}
		if !repeats {
			break
		}
	}
	before.moved = before.moved || repeats
	news, nameless := 0, 0
	for _, entry := range list {
		switch key := id(entry); {
		case key == "":
			nameless++
		case !before.met[key]:
			news++
			before.met[key] = true
		}
	}
	if before.moved && news > 0 && f.next == 0 {
		f.next = number + 1
	}
	if f.next > 0 && f.next <= number || before.trail.follow(news+nameless, f.info()) != nil {
		return nil, f, r.endless(part)
	}
	return list, f, nil
}
