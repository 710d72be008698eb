package demo

import (
	"cmp"
	"fmt"
	"net"
)

const (
	// familiarPassword is what a Grafana of this machine alone has: everyone knows it.
	familiarPassword = "admin"
	// leastPassword is how long a password is at least that others may try, in bytes.
	leastPassword = 8
)

// password is that of Grafana's administrator.
func (o Options) password() string { return cmp.Or(o.Password, familiarPassword) }

// allowed refuses a Grafana that others reach and whose administrator has the password that everyone knows.
func (o Options) allowed() error {
	if o.Listen == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() || len(o.Password) >= leastPassword {
		return nil
	}
	return fmt.Errorf("--listen: at %s others reach this Grafana, whose administrator is admin with the password admin: give it one of %d letters or more by --password or LIVEDORA_DEMO_PASSWORD, or listen at 127.0.0.1",
		o.Listen, leastPassword)
}
