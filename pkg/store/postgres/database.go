package postgres

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Database is where a store lies, and how to log in.
type Database struct {
	// Address is host:port of a server, or of several with commas between, of which the one is used that can be written.
	Address        string
	Name           string
	User, Password string
	TLS            TLS
	// Replica says that nothing is written, and that of several servers one is used that follows another.
	Replica bool
	// CA is the certificate of who signed the server's, in PEM; empty: one of those that the system trusts.
	CA string
}

// TLS says how the way to the server is kept private.
type TLS string

// The ways.
const (
	TLSVerify  TLS = "verify"  // encrypted, and the certificate is the host's
	TLSRequire TLS = "require" // encrypted, whoever it is
	TLSDisable TLS = "disable"
)

const (
	defaultPort = "5432"
	// connections are how many a store has open at most, without the one that listens.
	connections = 4
	// dialTime is how long a server may take to answer at first.
	dialTime = 5 * time.Second
)

// ParseAddress reads host:port, or several with commas between; the port may be left out.
func ParseAddress(text string) (hosts []string, ports []uint16, err error) {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		host, port, err := net.SplitHostPort(part)
		if err != nil {
			host, port = strings.Trim(part, "[]"), defaultPort
		}
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 || host == "" || strings.ContainsAny(host, "/@?#% ") || strings.Contains(host, ":") && net.ParseIP(host) == nil {
			return nil, nil, errors.New("is no address of a server; allowed: a host and a port, such as db.example.org:5432, or several with commas between")
		}
		hosts, ports = append(hosts, host), append(ports, uint16(number))
	}
	return hosts, ports, nil
}

// config is how the pool connects. Nothing of it comes from the environment or from files: whoever configures a data source
// is not who runs Grafana.
func (d *Database) config() (*pgxpool.Config, error) {
	hosts, ports, err := ParseAddress(d.Address)
	if err != nil {
		return nil, fmt.Errorf("store.address %w", err)
	}
	// All that files and the environment could say is said here.
	config, err := pgxpool.ParseConfig("host=localhost port=5432 user=x password=x dbname=x sslmode=disable sslcert='' sslkey='' sslrootcert='' " +
		"application_name=livedora connect_timeout=5 target_session_attrs=any")
	if err != nil {
		return nil, err
	}
	c := config.ConnConfig
	c.RuntimeParams = map[string]string{"application_name": "livedora"}
	c.Host, c.Port, c.User, c.Password, c.Database, c.Fallbacks = hosts[0], ports[0], d.User, d.Password, d.Name, nil
	if c.TLSConfig, err = d.tls(hosts[0]); err != nil {
		return nil, err
	}
	for i := 1; i < len(hosts); i++ {
		private, err := d.tls(hosts[i])
		if err != nil {
			return nil, err
		}
		c.Fallbacks = append(c.Fallbacks, &pgconn.FallbackConfig{Host: hosts[i], Port: ports[i], TLSConfig: private})
	}
	switch {
	case len(hosts) > 1 && d.Replica:
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPreferStandby
	case len(hosts) > 1:
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	c.ConnectTimeout = dialTime
	c.DialFunc = (&net.Dialer{Timeout: dialTime, KeepAlive: 5 * time.Second}).DialContext
	// A pooler may give each transaction another connection: no statement is prepared for longer than it is used.
	c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	config.MaxConns, config.MinConns = connections, 0
	if d.Replica {
		config.MaxConns = 1 // two of them might show two replicas, of which one is behind the other
	}
	config.MaxConnIdleTime, config.MaxConnLifetime = 5*time.Minute, 30*time.Minute
	return config, nil
}

// tls is how the way to a host is kept private; nil: not at all.
func (d *Database) tls(host string) (*tls.Config, error) {
	switch d.TLS {
	case TLSDisable:
		return nil, nil
	case TLSRequire:
		return &tls.Config{InsecureSkipVerify: true}, nil //nolint:gosec // as it is asked for, by name
	}
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if d.CA != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(d.CA)) {
			return nil, errors.New("the secret store.caCertificate is no certificate; allowed: text that begins with -----BEGIN CERTIFICATE-----")
		}
	}
	return config, nil
}
