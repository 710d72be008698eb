package effort

// Meter is told of work as it is done, in steps: a sample that is read, a point that is made, a bucket that is counted, a
// service or an event that is looked at. It says whether to go on: where nobody waits for the answer any more, the rest is
// left undone. A nil Meter lets everything be done. It is asked from several goroutines at once.
type Meter func(steps int) (goOn bool)

// Count tells of some steps, and says whether to go on.
func (m Meter) Count(steps int) (goOn bool) { return m == nil || m(steps) }

// Counter gathers the steps of one goroutine, so that small ones cost next to nothing.
type Counter struct {
	Meter   Meter
	steps   int
	Stopped bool // nothing more is to be done
}

// handful is how many steps are told at a time: they take some microseconds.
const handful = 1 << 12

// Add is Meter.Count, a handful at a time.
func (c *Counter) Add(steps int) (goOn bool) {
	if c.steps += steps; c.steps >= handful {
		c.Flush()
	}
	return !c.Stopped
}

// Flush tells of what is left.
func (c *Counter) Flush() {
	if c.steps > 0 && !c.Meter.Count(c.steps) {
		c.Stopped = true
	}
	c.steps = 0
}
