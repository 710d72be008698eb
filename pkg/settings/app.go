package settings

import (
	"regexp"
	"strings"
)

var installationPattern = regexp.MustCompile(`^[0-9]+$`)

// checkApp finds what is missing of a GitHub App, and the token that contradicts it.
func (s *Source) checkApp(at string, fail func(field, format string, args ...any)) {
	if !s.IsApp() {
		return
	}
	key := "sources." + s.ID + "." + SecretAppPrivateKey
	if token := "sources." + s.ID + "." + SecretToken; s.Secrets[SecretToken] != "" {
		fail(token, "is not allowed with a GitHub App; allowed: this secret, or appId, installationId and the secret %s", key)
		return
	}
	if s.AppID == "" {
		fail(at+".appId", "is missing; a GitHub App needs appId, installationId and the secret %s", key)
	}
	if s.InstallationID == "" {
		fail(at+".installationId", "is missing; a GitHub App needs appId, installationId and the secret %s", key)
	} else if !installationPattern.MatchString(s.InstallationID) {
		fail(at+".installationId", "is not allowed; allowed: the number at the end of the installation's address")
	}
	if text := s.Secrets[SecretAppPrivateKey]; text == "" {
		fail(key, "is missing; a GitHub App needs appId, installationId and this secret")
	} else if !strings.Contains(text, "PRIVATE KEY-----") {
		fail(key, "is not a private key; allowed: the file in PEM that GitHub hands out for the App")
	}
}
