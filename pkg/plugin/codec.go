package plugin

import (
	"runtime"
	"sync"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"

	"github.com/livedora/dora-datasource/pkg/gate"
	"github.com/livedora/dora-datasource/pkg/monitor"
)

// Codec is gRPC's own, which also has each large message counted in the gate until it has left: gRPC ends a call as soon as
// its answer stands in the line of what is to be written, and where Grafana reads slower than questions are answered, that
// line would grow without a bound.
func (p *Plugin) Codec() encoding.CodecV2 { return codec{encoding.GetCodecV2(proto.Name), &p.gate} }

type codec struct {
	encoding.CodecV2
	gate *gate.Gate
}

// leastCounted is how large a message is that is counted, in bytes. Grafana reads smaller ones at once.
const leastCounted = 16 << 10

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(message any) (mem.BufferSlice, error) {
	encoded, err := c.CodecV2.Marshal(message)
	if err != nil || len(encoded) != 1 || encoded.Len() < leastCounted {
		return encoded, err
	}
	text, size := encoded[0].ReadOnlyData(), encoded.Len()
	left, told := c.gate.Keep(int64(size)), monitor.Leaving(size)
	gone := sync.OnceFunc(func() { left(); told() })
	line := &leaving{encoded, gone}
	runtime.AddCleanup(line, func(gone func()) { gone() }, gone) // a connection that breaks forgets what was to be written
	return mem.BufferSlice{mem.NewBuffer(&text, line)}, nil
}

// leaving is a message on its way; gRPC gives it back when it has been written, or its call was given up.
type leaving struct {
	encoded mem.BufferSlice
	gone    func()
}

// Get implements mem.BufferPool; nothing is taken from here.
func (*leaving) Get(length int) *[]byte { return mem.DefaultBufferPool().Get(length) }

// Put implements mem.BufferPool.
func (l *leaving) Put(*[]byte) {
	l.encoded.Free()
	l.gone()
}
