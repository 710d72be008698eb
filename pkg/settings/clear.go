package settings

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// InClear names the addresses of sources that are read without encryption over a network, where whoever is between reads
// the token: http:// and a host that is not this machine.
func (s *Settings) InClear() []string {
	var fields []string
	for i, source := range s.Sources {
		for _, address := range []struct{ key, text string }{{"url", source.URL}, {"graphqlUrl", source.GraphQLURL}} {
			if inClear(address.text) {
				fields = append(fields, fmt.Sprintf("sources[%d].%s", i, address.key))
			}
		}
	}
	return fields
}

func inClear(address string) bool {
	u, err := url.Parse(address)
	if err != nil || !strings.EqualFold(u.Scheme, "http") {
		return false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	ip := net.ParseIP(host)
	return host != "localhost" && !strings.HasSuffix(host, ".localhost") && (ip == nil || !ip.IsLoopback())
}
