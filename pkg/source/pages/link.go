package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Link is the address that a header Link has under a name such as next; empty where there is none. It is the server's word:
// wire sends nothing to an address that is not the host's own.
func Link(header http.Header, name string) string {
	for _, line := range header.Values("Link") {
		for line != "" {
			_, opened, found := strings.Cut(line, "<")
			address, rest, closed := strings.Cut(opened, ">")
			if !found || !closed {
				break
			}
			parameters, next, _ := strings.Cut(rest, "<")
			for parameter := range strings.SplitSeq(parameters, ";") {
				if key, value, _ := strings.Cut(strings.Trim(parameter, " ,"), "="); key == "rel" && strings.Trim(value, `"`) == name {
					return address
				}
			}
			if line = next; line != "" {
				line = "<" + line
			}
		}
	}
	return ""
}

// Number is the number of the page that a header Link has under a name, from the parameter page; 0 where there is none.
func Number(header http.Header, name string) int {
	address, err := url.Parse(Link(header, name))
	if err != nil {
		return 0
	}
	number, err := strconv.Atoi(address.Query().Get("page"))
	if err != nil {
		return 0
	}
	return number
}
