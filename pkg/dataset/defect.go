package dataset

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// guarded turns a panic into an error: a defect that one dataset meets must not end the process, in which others live.
// A panic's value is not told, since it may hold anything.
func (d *Dataset) guarded(do func() error) (err error) {
	defer func() {
		panicked := recover()
		if lost := d.Regain(panicked); lost != nil {
			err = lost
		} else if panicked != nil {
			what := fmt.Sprintf("a value of type %T", panicked)
			if known, ok := panicked.(runtime.Error); ok {
				what = known.Error()
			}
			d.options.Logger.Error("a dataset met a defect", "dataset", d.options.Name, "panic", what, "stack", string(debug.Stack()))
			err = fmt.Errorf("a defect in Live DORA: please report it with the log of this moment (%s)", what)
		}
	}()
	return do()
}
