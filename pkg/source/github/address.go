package github

import (
	"fmt"
	"net/url"
	"strings"
)

// publicAddress is where github.com answers.
const publicAddress = "https://api.github.com"

// restAccept asks for the one form of answers that the ETags belong to.
const restAccept = "application/vnd.github+json"

// restAddress is where REST is asked, without a slash in the end.
func restAddress(configured string) (string, error) {
	if configured == "" {
		configured = publicAddress
	}
	return strings.TrimRight(configured, "/"), check(configured)
}

// graphqlAddress is where GraphQL is asked: beside the REST address on Enterprise Server, below it everywhere else.
func graphqlAddress(rest, override string) (string, error) {
	address := override
	if address == "" {
		if root, found := strings.CutSuffix(rest, "/api/v3"); found {
			rest = root + "/api"
		}
		address = rest + "/graphql"
	}
	return address, check(address)
}

func check(address string) error {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return fmt.Errorf("%q is not an http or https address", address)
	}
	return nil
}
