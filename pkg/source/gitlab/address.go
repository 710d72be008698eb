package gitlab

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// publicAddress is where gitlab.com is.
const publicAddress = "https://gitlab.com"

const (
	restPath    = "/api/v4"
	graphqlPath = "/api/graphql"
)

// instance is the address that people open GitLab at, without a slash in the end: also where what was entered is that of
// its API. One beneath a path of its host keeps the path.
func instance(configured string) (string, error) {
	if configured == "" {
		configured = publicAddress
	}
	address := strings.TrimRight(configured, "/")
	for _, path := range []string{restPath, graphqlPath, "/api"} {
		if root, found := strings.CutSuffix(address, path); found {
			address = strings.TrimRight(root, "/")
			break
		}
	}
	parsed, err := url.Parse(address)
	switch {
	case err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http"):
		return "", fmt.Errorf("%q is not an http or https address", configured)
	case strings.HasSuffix(parsed.Path, "/api/v3"):
		return "", errors.New("GitLab's API of version 3 is gone: enter the address that people open GitLab at, such as https://HOST")
	}
	return address, nil
}
