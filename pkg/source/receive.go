package source

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Receiver is a source whose system calls us when something happens.
type Receiver interface {
	// Receive makes sure that a call is genuine and says what it tells. It asks nobody. It fails with ErrNoSecret,
	// ErrForged, ErrStale, or with a *Mistake or other errors of fields where a genuine call cannot be read.
	Receive(header http.Header, body []byte) (Received, error)
}

// Received is what a call tells.
type Received struct {
	// Kind is what the sender calls it, such as "deployment_status".
	Kind string
	// Events are what is stated exactly. Their rank is dora.Told, so that what is read later outweighs them.
	Events []dora.Event
	// Refresh are the parts, such as repositories, of which something is to be read now: what a call tells of them is not
	// all that figures need.
	Refresh []string
	// Everything says that all of the source is to be looked at now.
	Everything bool
	// Ignored says why there is nothing to do; empty where there is.
	Ignored string
}

// Poster is a source that is read, and that people may also post deployments of, by the vendor's own number.
type Poster interface {
	// Posted gives the id and number that the source itself would give a repository's deployment, or says why it cannot.
	Posted(repository, id string) (eventID string, number int64, err error)
}

// What a receiver refuses.
var (
	// ErrNoSecret says that nothing tells genuine calls from forged ones.
	ErrNoSecret = errors.New("no webhook secret is configured for this source")
	// ErrForged says that a call does not carry proof that its sender knows the secret.
	ErrForged = errors.New("the signature or secret is missing or wrong")
	// ErrStale says that a call was signed long ago, or in the future.
	ErrStale = errors.New("the signature was made more than 5 minutes ago, or ahead: either this call was sent before, or the clocks of sender and Grafana differ")
)

// Mistake is what is wrong with a genuine call.
type Mistake struct{ Field, Problem string }

// Error names the field and the problem.
func (m *Mistake) Error() string {
	if m.Field == "" {
		return m.Problem
	}
	return m.Field + ": " + m.Problem
}

// Signed says whether a signature is the HMAC-SHA-256 of a text under a secret, in hexadecimal. How long it takes tells
// nothing of where they differ.
func Signed(secret string, signature string, text ...[]byte) bool {
	given, err := hex.DecodeString(signature)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	for _, part := range text {
		_, _ = mac.Write(part) // it never fails
	}
	return hmac.Equal(given, mac.Sum(nil))
}

// SecretHeader carries the secret itself, for senders that cannot sign.
const SecretHeader = "X-Live-Dora-Secret"

// Proves says whether a call carries a secret, or a signature made with it in the way of one of the senders that sign.
func Proves(secret string, header http.Header, body []byte) error {
	if secret == "" {
		return ErrNoSecret
	}
	if given := header.Get(SecretHeader); given != "" {
		// Hashed first, so that not even the length shows.
		a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
		if subtle.ConstantTimeCompare(a[:], b[:]) == 1 {
			return nil
		}
		return ErrForged
	}
	if given, ok := cutSignature(header.Get("X-Hub-Signature-256")); ok && Signed(secret, given, body) {
		return nil
	}
	if given := header.Get("X-Grafana-Alerting-Signature"); given != "" {
		at := header.Get("X-Grafana-Alerting-Timestamp")
		switch {
		case at == "" && Signed(secret, given, body): // the contact point is set up without one
			return nil
		case at != "" && Signed(secret, given, []byte(at+":"), body):
			return Fresh(at)
		}
	}
	return ErrForged
}

// signatureAge is how old a signature that says when it was made may be, and how far ahead the sender's clock.
const signatureAge = 5 * time.Minute

// Fresh says whether a signature was made just now, which its sender told in seconds since 1970: whoever listened once
// cannot send the same again later.
func Fresh(at string) error {
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return ErrStale
	}
	if off := time.Since(time.Unix(seconds, 0)); off > signatureAge || off < -signatureAge {
		return ErrStale
	}
	return nil
}

func cutSignature(text string) (string, bool) {
	const prefix = "sha256="
	if len(text) < len(prefix) || text[:len(prefix)] != prefix {
		return "", false
	}
	return text[len(prefix):], true
}
