package wire

import (
	"encoding/base64"
	"net/http"
)

// Password is a user's, or a token in place of one, that is sent by basic authentication.
type Password struct {
	User string
	Token
}

// Sign puts it into a request.
func (p Password) Sign(header http.Header, token string) {
	header.Set("Authorization", "Basic "+p.basic(token))
}

func (p Password) basic(token string) string {
	return base64.StdEncoding.EncodeToString([]byte(p.User + ":" + token))
}

// Conceal implements Credentials.
func (p Password) Conceal(text string) string {
	if p.Text == "" {
		return text
	}
	return Conceal(text, p.basic(p.Text), p.Text) // first what has the other in it
}
