package settings

import (
	"regexp"
	"slices"
	"strings"
)

// Store says where events rest.
type Store struct {
	Type StoreType `json:"type"`
	// Path is the file of a sqlite store; it and its folders are made where they are missing. Beside it, and with a postgres
	// store beside a file of this name that is never made, lies the saved history.
	Path string `json:"path,omitempty"`
	// Address is where a postgres store's server is: host:port, or several with commas between, of which one can be written.
	Address string `json:"address,omitempty"`
	// Database is its name there, and User who logs in.
	Database string   `json:"database,omitempty"`
	User     string   `json:"user,omitempty"`
	TLS      StoreTLS `json:"tls,omitempty"`
	// Use says whether a postgres store's primary is used, or a replica that is only read.
	Use StoreUse `json:"use,omitempty"`
	// Dataset overrides the name that keeps data sources apart in one store.
	Dataset string `json:"dataset,omitempty"`

	// Password is the user's, and CA the certificate of who signed the server's; both are secrets.
	Password string `json:"-"`
	CA       string `json:"-"`
}

// Secrets of the store.
const (
	SecretStorePassword = "store.password"
	SecretStoreCA       = "store.caCertificate"
)

// StoreType names a kind of store.
type StoreType string

// The stores.
const (
	StoreMemory   StoreType = "memory" // read again at each start
	StoreSQLite   StoreType = "sqlite"
	StorePostgres StoreType = "postgres"
)

// Allowed lists the stores that settings may name.
func (StoreType) Allowed() []string {
	return []string{string(StoreMemory), string(StoreSQLite), string(StorePostgres)}
}

// StoreTLS says how the way to a store is kept private.
type StoreTLS string

// The ways; verify is the default.
const (
	StoreTLSVerify  StoreTLS = "verify"
	StoreTLSRequire StoreTLS = "require"
	StoreTLSDisable StoreTLS = "disable"
)

// Allowed lists the ways that settings may name.
func (StoreTLS) Allowed() []string {
	return []string{string(StoreTLSVerify), string(StoreTLSRequire), string(StoreTLSDisable)}
}

// StoreUse says which server of a store is used, and what for.
type StoreUse string

// The uses; primary is the default.
const (
	StorePrimary StoreUse = "primary" // this Grafana answers, collects and takes posts
	StoreReplica StoreUse = "replica" // it answers, and writes nothing
)

// Allowed lists the uses that settings may name.
func (StoreUse) Allowed() []string { return []string{string(StorePrimary), string(StoreReplica)} }

// addresses is what an address looks like. The editor has the same pattern.
var addresses = regexp.MustCompile(`^\s*[A-Za-z0-9_.-]+(:[0-9]{1,5})?(\s*,\s*[A-Za-z0-9_.-]+(:[0-9]{1,5})?)*\s*$`)

// complete adds what goes without saying: a store with a path is a file, and one with an address is PostgreSQL.
func (s *Store) complete(given any, secrets map[string]string) {
	if object, ok := given.(map[string]any); ok && object["type"] == nil {
		switch {
		case s.Address != "":
			s.Type = StorePostgres
		case s.Path != "":
			s.Type = StoreSQLite
		}
	}
	if s.Type == StorePostgres {
		if s.TLS == "" {
			s.TLS = StoreTLSVerify
		}
		if s.Use == "" {
			s.Use = StorePrimary
		}
		s.Password, s.CA = secrets[SecretStorePassword], strings.TrimSpace(secrets[SecretStoreCA])
	}
}

// validate finds what is missing, and what belongs to another type of store.
func (s *Store) validate(fail func(field, format string, args ...any)) {
	for _, each := range []struct {
		key, value, missing string
		of                  []StoreType // that may have it
		needed              []StoreType
	}{
		{"path", s.Path, "a sqlite store needs the path of its file", []StoreType{StoreSQLite, StorePostgres}, []StoreType{StoreSQLite}},
		{"address", s.Address, "a postgres store needs the address of its server, such as db.example.org:5432", []StoreType{StorePostgres}, []StoreType{StorePostgres}},
		{"database", s.Database, "a postgres store needs the name of its database", []StoreType{StorePostgres}, []StoreType{StorePostgres}},
		{"user", s.User, "a postgres store needs the user that logs in", []StoreType{StorePostgres}, []StoreType{StorePostgres}},
		{"tls", string(s.TLS), "", []StoreType{StorePostgres}, nil},
		{"use", string(s.Use), "", []StoreType{StorePostgres}, nil},
	} {
		switch {
		case each.value == "" && slices.Contains(each.needed, s.Type):
			fail("store."+each.key, "is missing; %s", each.missing)
		case each.value != "" && !slices.Contains(each.of, s.Type):
			fail("store."+each.key, "is not allowed with store.type %s; allowed: leave it out, or store.type %s", s.Type, each.of[0])
		}
	}
	if s.Type == StorePostgres && s.Address != "" && !addresses.MatchString(s.Address) {
		fail("store.address", "is no address of a server; allowed: a host and a port, such as db.example.org:5432, or several with commas between") // it may have a password in it
	}
}
