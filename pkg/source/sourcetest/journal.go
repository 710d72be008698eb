package sourcetest

import (
	"log"
	"strings"
	"sync"
)

// journal keeps what is written to the standard log, to which slog writes as well, and passes it on.
type journal struct {
	next interface{ Write([]byte) (int, error) }

	mu   sync.Mutex
	text strings.Builder
}

// logged is the journal of this process, from its first use on.
var logged = sync.OnceValue(func() *journal {
	j := &journal{next: log.Writer()}
	log.SetOutput(j)
	return j
})

func (j *journal) Write(text []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = j.text.Write(text) // it never fails
	return j.next.Write(text)
}

func (j *journal) read() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}
