package github

import (
	"fmt"
	"net/url"
	"strings"
)

// publicAddress is where github.com answers.
const publicAddress = "https://api.github.com"

// graphqlAddress is where GraphQL is asked: beside the REST address on Enterprise Server, below it everywhere else.
func graphqlAddress(rest, override string) (string, error) {
	address := override
	if address == "" {
		base := strings.TrimRight(rest, "/")
		if base == "" {
			base = publicAddress
		}
		if root, found := strings.CutSuffix(base, "/api/v3"); found {
			base = root + "/api"
		}
		address = base + "/graphql"
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return "", fmt.Errorf("%q is not an http or https address", address)
	}
	return address, nil
}
