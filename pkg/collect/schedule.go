package collect

import (
	"hash/fnv"
	"time"
)

// firstRetry is how soon a failed run is tried again; each further failure doubles it, up to the usual interval.
const firstRetry = time.Minute

// nextAfter is the time between the beginnings of two runs: the interval and up to a twentieth more, so that sources
// do not beat in step.
func nextAfter(id string, every time.Duration) time.Duration { return every + jitter(id, every) }

// retryAfter is the time from a failed run to the next, after a number of failures in a row.
func retryAfter(id string, failures int, every time.Duration) time.Duration {
	pause := min(firstRetry, every)
	for range failures - 1 {
		if pause = min(2*pause, every); pause == every {
			break
		}
	}
	return pause + jitter(id, pause)
}

// jitter is up to a twentieth of a time, and always the same for a source.
func jitter(id string, of time.Duration) time.Duration {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(id)) // never fails
	return of / 20 * time.Duration(hash.Sum32()%1000) / 1000
}
