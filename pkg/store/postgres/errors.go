package postgres

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// remedies are, by the code of PostgreSQL's error or by its first two letters, what is wrong and what a person can do.
var remedies = map[string]string{
	"28":    "refuses the log-in of store.user: check the user, the secret store.password, and the server's pg_hba.conf",
	"28P01": "refuses the password of store.user: check the secret store.password",
	"3D000": "has no database of the name in store.database: create it, or name another",
	"3F000": "has no schema for the tables: name one in the role's search_path",
	"42501": "does not let store.user do what it needs: grant it select, insert, update and delete on the tables livedora_…, or, to make or migrate them, create on the schema",
	"42P01": "has lost tables of Live DORA: restore them from a backup, or restart Grafana to make them anew",
	"42703": "has other tables of these names than Live DORA makes: use a database, or a role with a schema, of its own",
	"25006": "cannot be written now: it is a replica, or read-only; name the primary in store.address, or all servers with commas between; or set store.use to replica, where this Grafana is only to answer",
	"53100": "has no room left on its disk: make room there",
	"53200": "has no memory left",
	"53300": "has no connection left: each data source needs up to five on every Grafana; raise max_connections, or put a pooler between",
	"57014": "took too long: look at its load and its locks",
	"57P":   "is being shut down or started; it is tried again",
	"58":    "cannot read or write its files: check its disk",
	"XX001": "has damaged data: restore it from a backup",
	"XX002": "has a damaged index: REINDEX it, or restore the database from a backup",
}

// tooLong says that the database did not answer in time.
type tooLong struct{ error }

func (t *tooLong) Unwrap() error { return t.error }

// explained is an error of the database with a sentence for a person.
type explained struct {
	sentence string
	cause    error
}

func (e *explained) Error() string { return e.sentence + ": " + oneLine(e.cause) }
func (e *explained) Unwrap() error { return e.cause }

// isDatabases says whether an error is one of the database, rather than of what it was asked.
func isDatabases(err error) bool { return errors.As(err, new(*explained)) }

// explain puts a sentence for a person in front of an error of the database. Others stay as they are.
func (s *Store) explain(err error) error {
	what := ""
	var (
		failed  *pgconn.PgError
		network net.Error
	)
	switch {
	case err == nil, isDatabases(err):
		return err
	case errors.As(err, &failed):
		what = remedy(failed.Code)
	case errors.As(err, new(*tooLong)):
		what = "does not answer in time: look at its load, its locks and the network"
	case strings.Contains(s.database.Address, ",") && errors.Is(err, pgconn.ErrReadOnlyConnection):
		what = "has no server now that can be written: a fail-over may be under way; it is tried again"
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		what = remedies["25006"]
	case errors.As(err, new(*tls.CertificateVerificationError)), errors.As(err, new(x509.UnknownAuthorityError)), errors.As(err, new(x509.HostnameError)):
		what = "has a certificate that is not trusted: give the one that signed it as the secret store.caCertificate, and in store.address the name that it is for"
	case strings.Contains(err.Error(), "server refused TLS connection"):
		what = "takes no encrypted connections: switch TLS on there, or set store.tls to disable"
	case errors.As(err, new(*pgconn.ConnectError)), errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		what = "cannot be reached: check the address, that PostgreSQL runs there, and what is between"
	default:
		return err
	}
	return &explained{fmt.Sprintf("store.address %s %s", s.database.Address, what), err}
}

func remedy(code string) string {
	for length := len(code); length >= 2; length-- {
		if what, known := remedies[code[:length]]; known {
			return what
		}
	}
	return "failed"
}

// oneLine is an error's last word, without the lines that a driver breaks it into.
func oneLine(err error) string {
	var failed *pgconn.PgError
	if errors.As(err, &failed) {
		return fmt.Sprintf("%s (%s)", failed.Message, failed.Code)
	}
	connecting, network := (*pgconn.ConnectError)(nil), (*net.OpError)(nil)
	switch { // the driver tells of user, database and each address
	case errors.As(err, &network):
		err = network
	case errors.As(err, &connecting) && connecting.Unwrap() != nil:
		err = connecting.Unwrap()
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	const limit = 300
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}
