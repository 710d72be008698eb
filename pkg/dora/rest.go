package dora

import (
	"bytes"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// rest is a repository's commits and changes while nobody works with them: written one after another in the form of
// rest_codec.go, and compressed block by block. What was written is never altered, so that whoever has a copy of a rest
// has what there was at that time. It takes about a tenth of the memory that code does.
type rest struct {
	blocks []*block
	tail   []byte // what is not compressed yet
	shared bool   // someone may be reading the tail
	clock  clock
	size   restSize
}

// restSize counts what was written, of which newer versions of a change take the place of older ones; nodes are the
// commits, and those that changes name as their own.
type restSize struct {
	codeSize
	nodes int
}

// block is a compressed piece of a rest: in memory, or in a file in which it was saved. Its content never changes.
type block struct{ lies atomic.Pointer[lies] }

type lies struct {
	data   []byte // nil where it lies in a file
	shelf  io.ReaderAt
	offset int64
	size   int
}

func newBlock(data []byte) *block {
	b := &block{}
	b.lies.Store(&lies{data: data, size: len(data)})
	return b
}

// read gives the block as it was compressed.
func (b *block) read() ([]byte, error) {
	at := b.lies.Load()
	if at.data != nil {
		return at.data, nil
	}
	data := make([]byte, at.size)
	_, err := at.shelf.ReadAt(data, at.offset)
	return data, err
}

// Lost is what deriving panics with when history that lies in a file cannot be read again. It can be read from the store.
type Lost struct{ Cause error }

// Error says what was lost and why.
func (l *Lost) Error() string {
	return "history that was laid aside cannot be read again: " + l.Cause.Error()
}

// Unwrap gives the cause.
func (l *Lost) Unwrap() error { return l.Cause }

// blockSize is how much is compressed together, in bytes: enough to be worth it, and little enough to lie about.
const blockSize = 64 << 10

// compressor and decompressor have buffers that are worth keeping. Any number of goroutines may use them.
var (
	compressor = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(blockSize*16), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // the options are wrong
		}
		return e
	})
	decompressor = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true))
		if err != nil {
			panic(err)
		}
		return d
	})
)

func (r *rest) addCommit(e *Commit, title string, reverts *revert) {
	r.size.commits++
	r.size.nodes++
	r.add(func(to []byte) []byte { return r.clock.writeCommit(to, e, title, reverts) })
}

func (r *rest) addChange(e *Change, reverts *revert) {
	r.size.changes++
	r.size.nodes += len(e.Commits)
	r.add(func(to []byte) []byte { return r.clock.writeChange(to, e, reverts) })
}

func (r *rest) add(write func([]byte) []byte) {
	r.tail = write(r.tail)
	if len(r.tail) >= blockSize {
		r.press()
	}
}

// press compresses the tail. Where others may be reading it, it is not written over.
func (r *rest) press() {
	if len(r.tail) == 0 {
		return
	}
	room := pressing.Get().(*[]byte) //nolint:forcetypeassert // nothing else is put in
	*room = compressor().EncodeAll(r.tail, (*room)[:0])
	r.blocks = append(r.blocks, newBlock(bytes.Clone(*room)))
	pressing.Put(room)
	if r.tail = r.tail[:0]; r.shared {
		r.tail, r.shared = make([]byte, 0, blockSize+blockSize/8), false // there will be as much again
	}
	r.clock = clock{}
}

// pressing is room for what is being compressed.
var pressing = sync.Pool{New: func() any { return new([]byte) }}

// entry is a commit or a change, as it lay at rest. Its text was read before; what it said of reverts is kept.
type entry struct {
	commit  *Commit // its message is the title alone; the next entry overwrites it
	change  *Change
	reverts *revert
}

// all yields what was written, in that order.
func (r *rest) all() iter.Seq[entry] {
	return func(yield func(entry) bool) {
		in := restReader{shared: map[string]string{}}
		var room []byte
		for i := 0; i <= len(r.blocks); i++ {
			plain := r.tail
			if i < len(r.blocks) {
				data, err := r.blocks[i].read()
				if err == nil {
					room, err = decompressor().DecodeAll(data, room[:0])
				}
				if err != nil {
					panic(&Lost{err})
				}
				plain = room
			}
			in.rest, in.clock = plain, clock{}
			for len(in.rest) > 0 {
				e := in.entry()
				if in.failure != nil {
					panic(&Lost{in.failure})
				}
				if !yield(e) {
					return
				}
			}
		}
	}
}

// awake works what lies at rest into code.
func (r *rest) awake() *code {
	c := newCode(r.size)
	for e := range r.all() {
		if e.commit != nil {
			c.graph.add(e.commit, e.commit.Message, e.reverts)
		} else {
			c.addChange(e.change, e.reverts)
		}
	}
	return c
}

// wasteful says whether much of what was written has been overtaken.
func (r *rest) wasteful(size codeSize) bool {
	return r.size.commits+r.size.changes > 2*(size.commits+size.changes)+1000
}

// compact writes what counts anew: the newest version of each change, and of a commit the first and, where one has
// files, that one.
func (r *rest) compact() {
	newest := map[int]Header{}
	for e := range r.all() {
		if c := e.change; c != nil {
			if before, ok := newest[c.Number]; !ok || c.NewerThan(before) {
				newest[c.Number] = c.Header
			}
		}
	}
	var fresh rest
	known, filed := map[string]bool{}, map[string]bool{}
	for e := range r.all() {
		switch {
		case e.change != nil && e.change.Header == newest[e.change.Number]:
			delete(newest, e.change.Number)
			fresh.addChange(e.change, e.reverts)
		case e.commit != nil && (!known[e.commit.SHA] || (e.commit.Files != nil && !filed[e.commit.SHA])):
			known[e.commit.SHA], filed[e.commit.SHA] = true, filed[e.commit.SHA] || e.commit.Files != nil
			fresh.addCommit(e.commit, e.commit.Message, e.reverts)
		}
	}
	*r = fresh
}

// copied is the rest as it is now, whatever is written after.
func (r *rest) copied() rest {
	r.shared = true
	return rest{blocks: slices.Clip(r.blocks), tail: slices.Clip(r.tail), clock: r.clock, size: r.size}
}
