package statuspage

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// publicAPI is where the management API is.
const publicAPI = "https://api.statuspage.io"

// System declares Statuspage.
var System = source.System{
	Type: "statuspage", Name: "Statuspage", Summary: "what the public was told of incidents",
	Reads: []dora.Kind{dora.KindIncident},
	Tells: []dora.Kind{dora.KindIncident},
	Rows: [][]source.Field{
		{
			{Key: "url", Kind: source.Address, Label: "API address", Description: "Where the management API is.", Default: publicAPI, Meaning: "where the management API is (absent: `" + publicAPI + "`)"},
		},
		{
			{
				Key: "pages", Kind: source.List, Label: "Pages", Description: "Their ids, one a line; or their addresses, without a key.", Example: "kctbh9vrtdwd", Lines: 2,
				Required: "a list of " + pageIDs, Form: &source.Form{Pattern: `^([a-z0-9]{4,32}|https?://[^\s/?#@]+(/[^\s?#]*)?)$`, Allowed: pageIDs},
				Meaning: "the ids of the pages that are read, as the address of a page's own management has them. A page's id is the `repository` of its incidents. " +
					"Or the addresses of pages as everybody opens them, such as `https://status.example.com`: they are read without a key, and show their [50 newest incidents](#without-a-key)",
			},
			{
				Key: "incidents.same", Kind: source.List, Label: "Metadata with other records", Description: "Where the key or address of the same incident elsewhere is.", Example: "jira.issue_id", Lines: 2,
				Meaning: "where in an incident's metadata the key or address of the record is that another system has of the same interruption, with a point between: the two are one incident",
			},
		},
	},
	Access: &source.Access{Ways: []source.Way{{
		Option: source.Option{Value: "token", Label: "API key", Description: "of a member of the page's team; none for pages that are given by their addresses"}, Fields: []source.Field{},
		Secrets: []source.Secret{{Name: secretToken, Label: "API key", Description: "From the avatar at the lower left, API info. None is needed where pages are addresses."}},
	}}},
	Permissions: []source.Permission{{Name: "a member of the page's team", For: "its incidents, with a key, which has all that its member may; nothing is written. A public page needs nobody"}},
	Webhook: &source.Webhook{
		Sender:   "Statuspage",
		Tells:    "an update of an incident has its page read within seconds. Statuspage signs nothing and sends no header of ours, so that nothing of a call is believed: it wakes the reading, and no more",
		Proofs:   []source.Header{},
		Place:    "On the public page, Subscribe to updates, Webhook:",
		Template: `URL: <login>`,
		Events:   []source.Event{},
	},
	Limits:    "Statuspage answers one request a second, over a minute, which is kept to",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what there is to say beyond the table of keys.
//
//go:embed reference.md
var reference string

const pageIDs = "ids of pages, such as kctbh9vrtdwd, or addresses of public ones, such as https://status.example.com"
