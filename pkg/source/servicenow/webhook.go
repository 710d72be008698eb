package servicenow

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

var _ source.Receiver = (*Source)(nil)

// payload is what a business rule or a flow posts: which record has changed. What has become of it is read.
type payload struct {
	Table string `json:"table"`
	ID    string `json:"sys_id"`
}

// Receive implements source.Receiver.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := source.Proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	var p payload
	if json.Unmarshal(body, &p) != nil {
		return source.Received{}, &source.Mistake{Problem: `the body is not of the form {"table": "incident", "sys_id": "…"}`}
	}
	received := source.Received{Kind: p.Table}
	switch {
	case p.Table == "":
		return source.Received{}, &source.Mistake{Field: "table", Problem: "is missing; allowed: the name of the record's table"}
	case !isID(p.ID):
		return source.Received{}, &source.Mistake{Field: "sys_id", Problem: "is no id of a record; allowed: 32 digits and letters from a to f"}
	case s.unusable != nil:
		received.Ignored = "this source is not set up"
	case !slices.ContainsFunc(s.tables, func(t *table) bool { return t.name == p.Table }):
		received.Ignored = "this source does not read the table"
	default:
		received.Refresh = []string{p.Table + ":" + p.ID}
	}
	return received, nil
}

// recordsIn are the records that are to be read, by table; all says that everything is.
func recordsIn(only []string) (records map[string][]string, all bool) {
	records = map[string][]string{}
	for _, each := range only {
		if table, id, is := strings.Cut(each, ":"); is && isID(id) {
			records[table] = append(records[table], id)
		} else {
			return nil, true
		}
	}
	return records, len(only) == 0
}
