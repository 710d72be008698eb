// Package effort is how long work is done: in parts at the same time, and metered, so that it ends when nobody waits for it.
package effort
