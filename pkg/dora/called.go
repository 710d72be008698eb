package dora

import "strings"

// Called is what people call the incident: its key, or the vendor's number at the end of its id.
func (i *Incident) Called() string {
	if i.Key != "" {
		return i.Key
	}
	return "#" + i.ID[strings.LastIndexByte(i.ID, ':')+1:]
}
