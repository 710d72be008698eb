package dora

// Toll is told of work as it is done, in steps: a sample that is read, a point that is made, a bucket that is counted, a
// service or an event that is looked at. It says whether to go on: where nobody waits for the answer any more, the rest is
// left undone. A nil Toll lets everything be done. It is asked from several goroutines at once.
type Toll func(steps int) (goOn bool)

// Pay tells of some steps, and says whether to go on.
func (t Toll) Pay(steps int) (goOn bool) { return t == nil || t(steps) }

// purse gathers the steps of one goroutine, so that small ones cost next to nothing.
type purse struct {
	toll  Toll
	steps int
	spent bool // nothing more is to be done
}

// handful is how many steps are paid at a time: they take some microseconds.
const handful = 1 << 12

// pay is Toll.Pay, a handful at a time.
func (p *purse) pay(steps int) (goOn bool) {
	if p.steps += steps; p.steps >= handful {
		p.settle()
	}
	return !p.spent
}

// settle pays what is left.
func (p *purse) settle() {
	if p.steps > 0 && !p.toll.Pay(p.steps) {
		p.spent = true
	}
	p.steps = 0
}
