package dora

import (
	"cmp"
	"strings"
)

// What people are shown of an event that has no title: its key, where it has one, rather than a number.

// Called is what people call what was deployed: its tag, else its key, else the version or the commit. A branch is no version.
func (d *Deployment) Called() string {
	if d.RefKind == RefTag {
		return d.Ref
	}
	if version, is := VersionOf(d.SHA); is {
		return cmp.Or(d.Key, version)
	}
	return cmp.Or(d.Key, d.SHA[:min(len(d.SHA), 10)])
}

// Called is what people call the incident: its key, or the vendor's number at the end of its id.
func (i *Incident) Called() string {
	if i.Key != "" {
		return i.Key
	}
	return "#" + i.ID[strings.LastIndexByte(i.ID, ':')+1:]
}
