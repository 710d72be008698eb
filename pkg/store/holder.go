package store

import (
	"crypto/rand"
	"fmt"
	"os"
)

// NewHolder is a name for who takes leases. It tells instances apart, those of one process too: an instance with new settings
// starts beside the old one.
func NewHolder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("%s, process %d, %s", host, os.Getpid(), rand.Text())
}
