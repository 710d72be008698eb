package dataset

import (
	"encoding/json"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// views are the snapshots under other definitions than the settings': however many ask, the facts are worked out once for
// each version. What nobody asks for any more goes, since each is as large as the data source's own.
type views struct {
	kept *cache.Cache // of *facts.Snapshot, by definition
}

// viewLimit bounds how many definitions are kept at a time, viewRoom how much memory they take, as it is estimated, and
// viewLife for how long after the last question.
const (
	viewLimit = 16
	viewRoom  = 400 << 20
	viewLife  = 10 * time.Minute
)

// What facts take in bytes beside the history that they are derived from, as measured.
const (
	factSize    = 600 // a deployment or an incident
	lengthsSize = 60  // a change
)

// viewSize is about how much memory the facts under one definition take.
func viewSize(s *facts.Snapshot) int64 {
	w := figures.Weigh(s, nil)
	return int64(w.Deployments+w.Incidents)*factSize + int64(w.Lengths)*lengthsSize
}

// newViews has the facts under a definition released when they are kept no longer.
func newViews(release func(dora.Definition)) views {
	kept := cache.New(viewLife, 0) // no goroutine of its own: forget is called as the store is looked at
	kept.OnEvicted(func(_ string, snapshot any) {
		release(snapshot.(*facts.Snapshot).Definition) //nolint:forcetypeassert // nothing else is put in
	})
	return views{kept}
}

// of gives the facts under a definition as of a version.
func (v views) of(definition dora.Definition, version uint64, derive func(dora.Definition) *facts.Snapshot) *facts.Snapshot {
	key := keyOf(definition)
	known, ok := v.kept.Get(key)
	if !ok {
		v.makeRoom()
	}
	snapshot, _ := known.(*facts.Snapshot)
	if snapshot == nil || snapshot.Version != version {
		snapshot = derive(definition)
	}
	v.kept.SetDefault(key, snapshot)
	return snapshot
}

// fresh gives the facts under a definition where they are at hand as of a version, else nil. It needs no lock.
func (v views) fresh(definition dora.Definition, version uint64) *facts.Snapshot {
	key := keyOf(definition)
	known, _ := v.kept.Get(key)
	snapshot, _ := known.(*facts.Snapshot)
	if snapshot == nil || snapshot.Version != version {
		return nil
	}
	v.kept.SetDefault(key, snapshot) // it was asked for just now
	return snapshot
}

func keyOf(definition dora.Definition) string {
	text, _ := json.Marshal(definition) // plain data: it cannot fail
	return string(text)
}

// makeRoom lets go of definitions until there is room for one more; one is kept beside it, whatever it takes.
func (v views) makeRoom() {
	for {
		var taken, largest int64
		items := v.kept.Items()
		for _, item := range items {
			size := viewSize(item.Object.(*facts.Snapshot)) //nolint:forcetypeassert // nothing else is put in
			taken, largest = taken+size, max(largest, size)
		}
		if len(items) < 2 || len(items) < viewLimit && taken+largest <= viewRoom {
			return
		}
		v.letGo()
	}
}

// letGo lets go of the definition that was asked for longest ago.
func (v views) letGo() {
	var oldest string
	var until int64
	for text, item := range v.kept.Items() {
		if oldest == "" || item.Expiration < until {
			oldest, until = text, item.Expiration
		}
	}
	v.kept.Delete(oldest)
}

// forget lets go of what was not asked for again.
func (v views) forget() { v.kept.DeleteExpired() }
