package cursor

// Remember puts an entry in front of a list that keeps the last few.
func Remember(list []string, entry string, limit int) []string {
	kept := []string{entry}
	for _, each := range list {
		if each != entry && len(kept) < limit {
			kept = append(kept, each)
		}
	}
	return kept
}
