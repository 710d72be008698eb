package github

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
)

// errNoNumber says that a deployment cannot be named.
var errNoNumber = errors.New("a deployment without a number")

// UnmarshalJSON reads a deployment and makes sure that it has its number. GraphQL's field for it ends at 2³¹;
// beyond that the number is taken from the node id.
func (d *deploymentNode) UnmarshalJSON(text []byte) error {
	type plain deploymentNode
	if err := json.Unmarshal(text, (*plain)(d)); err != nil {
		return err
	}
	if d.ID == "" || d.DatabaseID > 0 {
		return nil
	}
	if d.DatabaseID = numberIn(d.ID); d.DatabaseID == 0 {
		return errNoNumber
	}
	return nil
}

// numberIn reads the number out of a node id such as DE_kwDO…: a list in MessagePack of 0, the repository's number and
// its own. It is 0 where the id has another form.
func numberIn(nodeID string) int64 {
	_, encoded, found := strings.Cut(nodeID, "_")
	if !found {
		return 0
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil || len(text) < 2 || text[0] != 0x93 || text[1] != 0 {
		return 0
	}
	_, rest, ok := unsigned(text[2:])
	if !ok {
		return 0
	}
	number, rest, ok := unsigned(rest)
	if !ok || len(rest) != 0 {
		return 0
	}
	return number
}

// unsigned reads one unsigned number of MessagePack's forms and returns what follows it.
func unsigned(text []byte) (number int64, rest []byte, ok bool) {
	if len(text) == 0 {
		return 0, nil, false
	}
	form, text := text[0], text[1:]
	switch {
	case form < 0x80:
		return int64(form), text, true
	case form == 0xcc && len(text) >= 1:
		return int64(text[0]), text[1:], true
	case form == 0xcd && len(text) >= 2:
		return int64(binary.BigEndian.Uint16(text)), text[2:], true
	case form == 0xce && len(text) >= 4:
		return int64(binary.BigEndian.Uint32(text)), text[4:], true
	case form == 0xcf && len(text) >= 8 && text[0] < 0x80:
		return int64(binary.BigEndian.Uint64(text)), text[8:], true
	}
	return 0, nil, false
}
