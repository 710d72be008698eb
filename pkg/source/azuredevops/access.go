package azuredevops

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// suppressed has Azure DevOps refuse in place of a page to sign in.
func suppressed(sign func(http.Header, string)) func(http.Header, string) {
	return func(header http.Header, token string) {
		header.Set("X-TFS-FedAuthRedirect", "Suppress")
		sign(header, token)
	}
}

func asBearer(header http.Header, token string) { header.Set("Authorization", "Bearer "+token) }

// azureDevOps is what tokens of Entra are drawn for: Azure DevOps' own id.
const azureDevOps = "499b84ac-1321-427f-aa17-267ca6975798/.default"

const refusedApplication = "Entra or Azure DevOps does not accept the application: check tenant, clientId and whether its secret has expired, and that it is a user of the organisation"

// asApplication has an application of Entra ask. The host that it logs in at is another than Azure DevOps', and the only one
// that is sent the secret.
func (s *Source) asApplication() {
	login := s.config.LoginURL
	if login == "" {
		login = publicLogin
	}
	login = strings.TrimRight(login, "/")
	secret := s.config.Secrets[secretClient]
	s.host.Credentials = &wire.Client{
		ID: s.config.ClientID, Secret: secret, Scope: azureDevOps, Refused: refusedApplication,
		Address: login + "/" + url.PathEscape(s.config.Tenant) + "/oauth2/v2.0/token",
		Login: &wire.Host{
			Name: "Entra", ID: s.config.ID, Client: s.host.Client, Addresses: []string{login}, Pace: s.host.Pace,
			Credentials: wire.Token{Text: secret, Refused: refusedApplication}, Sign: func(http.Header, string) {},
		},
	}
	s.host.Sign = suppressed(asBearer)
}
