package source

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// StandardSecret is how the secrets of Standard Webhooks begin; what follows is the key in base64.
const StandardSecret = "whsec_"

// ProvesStandard says whether a call carries a signature as Standard Webhooks have it, over its id, its time and its body.
// There may be several, while a secret is replaced.
func ProvesStandard(secret string, header http.Header, body []byte) error {
	if secret == "" {
		return ErrNoSecret
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, StandardSecret))
	if err != nil {
		return fmt.Errorf("%w: the signing secret that is configured is not whole", ErrForged)
	}
	at := header.Get("Webhook-Timestamp")
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(header.Get("Webhook-Id") + "." + at + ".")) // it never fails
	_, _ = mac.Write(body)
	expected := mac.Sum(nil)
	for each := range strings.FieldsSeq(header.Get("Webhook-Signature")) {
		given, v1 := strings.CutPrefix(each, "v1,")
		if signature, err := base64.StdEncoding.DecodeString(given); v1 && err == nil && hmac.Equal(signature, expected) {
			return Fresh(at)
		}
	}
	return ErrForged
}
