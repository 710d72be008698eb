package settings

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// InClear names the addresses of sources and sinks that are asked without encryption over a network, where whoever is between reads
// the token: http:// and a host that is not this machine.
func (s *Settings) InClear() []string {
	var fields []string
	for i, source := range s.Sources {
		for _, each := range source.System.Addresses(source.Own) {
			if inClear(each.Address) {
				fields = append(fields, fmt.Sprintf("sources[%d].%s", i, each.Key))
			}
		}
	}
	for i := range s.Sinks {
		sink := &s.Sinks[i]
		for _, each := range sink.System.Fields().Addresses(sink.Plain()) {
			if inClear(each.Address) && len(sink.Secrets) > 0 {
				fields = append(fields, fmt.Sprintf("sinks[%d].%s", i, each.Key))
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
