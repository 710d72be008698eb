package deliver

import (
	"cmp"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/sink"
)

// The ledger is what is in a sink, as far as this dataset put it there: of each group and bucket which kinds of figures, and a
// digest of what they said. It lies in the store where the cursors of sources do, in parts, of which a change rewrites few.
//
// What is about to be written is entered first, with a digest that nothing has: whenever the process ends, it is known what
// may be in the sink, and what is not surely right there is written again.

// parts is how many parts a ledger has. A group is always in the same one.
const parts = 64

// line is what series of one group and one length of buckets have in common.
type line struct {
	sink.Group
	Bucket sink.Bucket
}

// part is the part of the ledger that a group is in.
func part(g sink.Group) int {
	sum := fnv.New64a()
	for _, text := range []string{string(g.Level), g.Service, g.Team} { // environments lie beside each other
		_, _ = sum.Write(append([]byte(text), 0)) // it never fails
	}
	return int(sum.Sum64() % parts) //nolint:gosec // small
}

// entry is what is in the sink of one bucket.
type entry struct {
	start  int64 // of the bucket, in unix seconds
	digest uint64
	kinds  uint32 // a bit for each of sink.Kinds
}

// unsure is the digest of what may be in the sink or not.
const unsure = 0

// entries are those of each line, in order of time.
type entries map[line][]entry

// find is where the entry of a bucket is, or would be.
func find(all []entry, start int64) (int, bool) {
	return slices.BinarySearchFunc(all, start, func(e entry, start int64) int { return cmp.Compare(e.start, start) })
}

// put enters what is there of a bucket; no kinds: nothing is.
func (all entries) put(l line, e entry) {
	list := all[l]
	at, there := find(list, e.start)
	switch {
	case e.kinds == 0 && there:
		list = slices.Delete(list, at, at+1)
	case e.kinds == 0:
	case there:
		list[at] = e
	default:
		list = slices.Insert(list, at, e)
	}
	if len(list) == 0 {
		delete(all, l)
	} else {
		all[l] = list
	}
}

// get is what is there of a bucket.
func (all entries) get(l line, start int64) entry {
	if at, there := find(all[l], start); there {
		return all[l][at]
	}
	return entry{start: start}
}

const ledgerVersion = 1

var errDamaged = errors.New("the ledger of what was delivered cannot be read")

// encode writes a part.
func (all entries) encode() []byte {
	lines := slices.SortedFunc(maps.Keys(all), func(a, b line) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Team, b.Team), cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Bucket, b.Bucket))
	})
	b := []byte{ledgerVersion}
	b = binary.AppendUvarint(b, uint64(len(lines)))
	for _, l := range lines {
		for _, text := range []string{string(l.Level), l.Service, l.Team, l.Environment, string(l.Bucket)} {
			b = binary.AppendUvarint(b, uint64(len(text)))
			b = append(b, text...)
		}
		b = binary.AppendUvarint(b, uint64(len(all[l])))
		last := int64(0)
		for _, e := range all[l] {
			b = binary.AppendVarint(b, e.start-last)
			b = binary.LittleEndian.AppendUint64(b, e.digest)
			b = binary.AppendUvarint(b, uint64(e.kinds))
			last = e.start
		}
	}
	return binary.LittleEndian.AppendUint64(b, checksum(b))
}

func checksum(b []byte) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write(b) // it never fails
	return sum.Sum64()
}

// decode reads a part; nothing is an empty one.
func decode(b []byte) (all entries, err error) {
	all = entries{}
	if len(b) == 0 {
		return all, nil
	}
	if len(b) < 9 || b[0] != ledgerVersion || checksum(b[:len(b)-8]) != binary.LittleEndian.Uint64(b[len(b)-8:]) {
		return nil, errDamaged
	}
	r := reader{b: b[1 : len(b)-8]}
	for range r.count() {
		l := line{sink.Group{Level: sink.Level(r.text()), Service: r.text(), Team: r.text(), Environment: r.text()}, sink.Bucket(r.text())}
		var list []entry
		last := int64(0)
		for range r.count() {
			last += r.varint()
			list = append(list, entry{last, r.digest(), uint32(r.count())}) //nolint:gosec // as it was written
		}
		if r.failed {
			return nil, errDamaged
		}
		all[l] = list
	}
	if r.failed || len(r.b) > 0 {
		return nil, errDamaged
	}
	return all, nil
}

// reader reads what encode wrote.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.failed = true
		r.b = nil
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) count() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > 1<<32 {
		r.take(-1)
		return 0
	}
	r.take(n)
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.take(-1)
		return 0
	}
	r.take(n)
	return v
}

func (r *reader) text() string { return string(r.take(int(r.count()))) } //nolint:gosec // bounded by what there is

func (r *reader) digest() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}
