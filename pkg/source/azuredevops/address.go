package azuredevops

import (
	"fmt"
	"net/url"
	"strings"
)

// publicLogin is where applications log in.
const publicLogin = "https://login.microsoftonline.com"

// organisation is the address of an organisation or a collection, without a slash in the end, and where its releases are.
func organisation(configured, releases string) (main, release string, err error) {
	main = strings.TrimRight(configured, "/")
	parsed, err := url.Parse(main)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return "", "", fmt.Errorf("%q is not an http or https address; allowed: https://dev.azure.com/ORGANISATION, or the address of a Server's collection", configured)
	}
	path := strings.Trim(parsed.Path, "/")
	hosted := strings.HasSuffix(parsed.Host, ".visualstudio.com")
	if path == "" && !hosted {
		return "", "", fmt.Errorf("%q names no organisation; allowed: https://dev.azure.com/ORGANISATION, or the address of a Server's collection", configured)
	}
	switch {
	case releases != "":
		return main, strings.TrimRight(releases, "/"), nil
	case parsed.Host == "dev.azure.com":
		return main, parsed.Scheme + "://vsrm.dev.azure.com/" + path, nil
	case hosted && !strings.Contains(parsed.Host, ".vsrm."):
		parsed.Host = strings.Replace(parsed.Host, ".", ".vsrm.", 1)
		return main, parsed.String(), nil
	}
	return main, main, nil
}
