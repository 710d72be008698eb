package dataset

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// knock listens whether anyone is there at an address, which is told apart from a slow answer.
type knock struct {
	open   atomic.Bool           // there was a connection
	reason atomic.Pointer[error] // why the last try to get one failed
}

// heard is a context whose requests are listened to.
func (k *knock) heard(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { k.open.Store(true) },
		DNSDone: func(info httptrace.DNSDoneInfo) { k.failed(info.Err) },
		ConnectDone: func(_, _ string, err error) {
			if err == nil { // before TLS, of which the source says what is wrong
				k.open.Store(true)
			}
			k.failed(err)
		},
	})
}

func (k *knock) failed(err error) {
	if err != nil {
		k.reason.Store(&err)
	}
}

// failure is why there was no connection, as the network says it; nil where it says nothing.
func (k *knock) failure() error {
	if reason := k.reason.Load(); reason != nil {
		return *reason
	}
	return nil
}
