package influxdb

import (
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares InfluxDB.
var System = sink.System{
	Type: "influxdb", Name: "InfluxDB", Summary: "points in a database of InfluxDB, by the API of version 1, which 2 and 3 have as well",
	Rows: [][]source.Field{
		{
			{
				Key: "url", Kind: source.Address, Label: "URL", Description: "With its port.", Example: "https://influx.example.org:8086",
				Required: "https://HOST:PORT of InfluxDB",
				Meaning:  "the address of InfluxDB's HTTP API, with the path that it lies beneath if there is one",
			},
			{
				Key: "database", Kind: source.Text, Label: "Database", Description: "That is there already.", Example: "delivery", Required: "the name of a database that is there",
				Form:    &source.Form{Pattern: "^[^\"\\x00-\\x1f]{1,200}$", Allowed: "the name of a database, without quotation marks", Noun: "a name of a database"},
				Meaning: "the database that points are written to. It has to be there; of InfluxDB 2 it is the name that a bucket is mapped to",
			},
		},
		{
			{
				Key: "retentionPolicy", Kind: source.Text, Label: "Retention policy", Description: "Empty: the database's default.",
				Form:    &source.Form{Pattern: "^[^\"\\x00-\\x1f]{1,200}$", Allowed: "the name of a retention policy, without quotation marks", Noun: "a name of a retention policy"},
				Meaning: "the retention policy of the database (absent: its default)",
			},
			{
				Key: "measurement", Kind: source.Text, Label: "Measurement", Default: defaultMeasurement,
				Form:    &source.Form{Pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", Allowed: "letters, digits, _, . and -, the first a letter or digit", Noun: "a name of a measurement"},
				Meaning: "what the points are called (absent: `" + defaultMeasurement + "`)",
			},
		},
	},
	Access: &source.Access{
		Label: "Log-in",
		Ways: []source.Way{
			{
				Option:  source.Option{Value: "token", Label: "Token, or none", Description: "of InfluxDB 2 and 3; none where InfluxDB asks for nothing"},
				Noun:    "a token",
				Fields:  []source.Field{},
				Secrets: []source.Secret{{Name: secretToken, Label: "Token", Description: "That may read and write the database."}},
			},
			{
				Option: source.Option{Value: "password", Label: "User and password", Description: "of InfluxDB 1"},
				Noun:   "a user",
				Fields: []source.Field{{
					Key: "user", Kind: source.Text, Label: "User", Example: "live-dora", Meaning: "the user of InfluxDB 1 whose password is the secret",
					Form: &source.Form{Pattern: "^[^:\\x00-\\x1f]{1,200}$", Allowed: "a name without colons", Noun: "a name of a user"},
				}},
				Secrets: []source.Secret{{Name: secretPassword, Label: "Password", Description: "Of that user."}},
			},
		},
	},
	Permissions: []source.Permission{
		{Name: "READ", For: "to see whether the database is there and how long it keeps points"},
		{Name: "WRITE", For: "to write points, and that they are withdrawn"},
	},
	Settings: func() sink.Settings { return &Settings{} },
}

// Settings are what a database is configured with.
type Settings struct {
	// URL is where the HTTP API is.
	URL string `json:"url,omitempty"`
	// Database is there already; RetentionPolicy is one of its, empty: its default.
	Database        string `json:"database,omitempty"`
	RetentionPolicy string `json:"retentionPolicy,omitempty"`
	// Measurement is what the points are called.
	Measurement string `json:"measurement,omitempty"`
	// User is who logs in with a password.
	User string `json:"user,omitempty"`
}

const defaultMeasurement = "dora"

// The secrets, by their short names.
const (
	secretToken    = "token"
	secretPassword = "password"
)

// Open implements sink.Settings.
func (s *Settings) Open(given sink.Given) sink.Sink { return New(given, *s) }
