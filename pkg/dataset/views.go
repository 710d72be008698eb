package dataset

import (
	"encoding/json"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// views are the snapshots under other definitions than the settings': however many ask, the facts are worked out once for
// each version. What nobody asks for any more goes, since each is as large as the data source's own.
type views struct {
	kept *cache.Cache // of *dora.Snapshot, by definition
}

// viewLimit bounds how many definitions are kept at a time, and viewLife for how long after the last question.
const (
	viewLimit = 16
	viewLife  = 10 * time.Minute
)

// newViews has the facts under a definition released when they are kept no longer.
func newViews(release func(dora.Definition)) views {
	kept := cache.New(viewLife, 0) // no goroutine of its own: forget is called as the store is looked at
	kept.OnEvicted(func(_ string, snapshot any) {
		release(snapshot.(*dora.Snapshot).Definition) //nolint:forcetypeassert // nothing else is put in
	})
	return views{kept}
}

// of gives the facts under a definition as of a version.
func (v views) of(definition dora.Definition, version uint64, derive func(dora.Definition) *dora.Snapshot) *dora.Snapshot {
	text, _ := json.Marshal(definition) // plain data: it cannot fail
	known, ok := v.kept.Get(string(text))
	if !ok && v.kept.ItemCount() >= viewLimit {
		v.letGo()
	}
	snapshot, _ := known.(*dora.Snapshot)
	if snapshot == nil || snapshot.Version != version {
		snapshot = derive(definition)
	}
	v.kept.SetDefault(string(text), snapshot)
	return snapshot
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
