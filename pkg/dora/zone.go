package dora

import (
	"fmt"
	"strings"
	"time"
)

// Zone is an IANA time zone.
type Zone struct{ *time.Location }

// UnmarshalText finds a zone by its name; empty is UTC.
func (z *Zone) UnmarshalText(text []byte) error {
	name := string(text)
	if strings.EqualFold(name, "utc") || name == "" {
		z.Location = time.UTC
		return nil
	}
	location, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return fmt.Errorf("%q is no time zone; allowed: the IANA name of one, such as Europe/London, or UTC", name)
	}
	z.Location = location
	return nil
}
