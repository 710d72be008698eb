package effort

import (
	"runtime"
	"sync"
)

// InParts does work on parts of what is numbered from 0 to a count, at the same time where there are processors. The
// parts are neighbours and do not overlap, so that the outcome does not depend on who does which. A panic is passed on
// to the caller, who may know what to do about it.
func InParts(count int, work func(from, to int)) {
	parts := min(runtime.GOMAXPROCS(0), count)
	if parts < 2 {
		work(0, count)
		return
	}
	var wait sync.WaitGroup
	panics := make([]any, parts)
	for part := range parts {
		wait.Go(func() {
			defer func() { panics[part] = recover() }()
			work(part*count/parts, (part+1)*count/parts)
		})
	}
	wait.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
}
