package wire

// Record is one object of a system's answers, with no field but those that are read: so nothing else can make an answer
// unreadable, whatever the system comes to put there. A field may be null or absent unless Lacks names it.
type Record interface {
	// Lacks names a field that is needed and not there; empty where nothing is missing.
	Lacks() string
}

// Needed is a field that is needed, and whether it is missing.
type Needed struct {
	Field   string
	Missing bool
}

// Need says of a field whether it is missing.
func Need(field string, missing bool) Needed { return Needed{field, missing} }

// FirstMissing is the first of some fields that is missing; empty where none is.
func FirstMissing(needs ...Needed) string {
	for _, each := range needs {
		if each.Missing {
			return each.Field
		}
	}
	return ""
}
