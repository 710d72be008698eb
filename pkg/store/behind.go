package store

import "time"

// Behind is how far a replica that a store reads from is behind its primary.
type Behind struct {
	// Primary says that the server is none: it follows nobody.
	Primary bool
	// Cut says that nothing comes in from the primary.
	Cut bool
	// By is the age of the newest writing that the replica shows, where it may lack a later one, by the database's clock.
	By time.Duration
	// Unknown says that the database does not tell.
	Unknown bool
}
