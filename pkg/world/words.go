package world

import (
	"fmt"
	"strings"
)

var (
	verbs = []string{"Add", "Show", "Validate", "Cache", "Simplify", "Log", "Retry", "Handle", "Remove", "Rename", "Document", "Speed up", "Guard", "Split"}
	nouns = map[string][]string{
		"prescriptions":   {"repeat dispensing", "dosage checks", "token lookup", "signing of items", "cancellation reasons", "prescriber search", "endorsement codes", "nomination changes"},
		"formulary":       {"drug tariff import", "substitution rules", "pack sizes", "restricted list", "price concessions", "strength parsing"},
		"booking":         {"slot search", "waiting lists", "clinic calendar", "double bookings", "cancellation flow", "site directory", "referral link", "time zones"},
		"reminders":       {"text templates", "quiet hours", "delivery receipts", "opt-outs", "letter fallback", "send queue", "language choice"},
		"patient-records": {"allergy list", "record merge", "audit trail", "document viewer", "access rules", "test results", "vaccination history", "search index"},
		"referrals":       {"advice requests", "triage lists", "attachments", "specialty directory", "rejected referrals", "priority rules", "clinic letters"},
		"imaging":         {"viewer", "image import", "report templates", "worklists", "dose records", "comparison view", "modality settings"},
		"letters":         {"address lookup", "print queue", "large print", "translations", "envelope windows", "letterheads"},
		"dispensing":      {"stock levels", "label printing", "owings", "collection lockers", "barcode checks", "controlled drugs register"},
		"portal":          {"sign-in", "home page", "messages", "accessibility", "cookie banner", "appointments list"},
		"terminology":     {"code search", "subset import", "mappings", "release files", "synonyms", "expansion of sets"},
		"consent":         {"sharing choices", "proxy access", "withdrawal of consent", "age rules", "consent receipt", "policy versions"},
	}
	qualifiers = []string{"", "", " for guardians", " in the API", " on slow networks", " for test sites", " behind a flag", " in exports"}
	steps      = []string{"first cut", "tests", "handle empty input", "review comments", "naming", "docs", "edge cases", "tidy", "logging", "fix lint"}
	packages   = []string{"http-router", "orm-core", "json-schema", "date-tools", "queue-client", "test-runner", "linter", "base-image"}
	symptoms   = []string{"Errors when saving", "Slow responses", "Users cannot sign in to the service", "Time-outs", "Wrong results shown", "Messages are delayed", "Blank page", "High error rate"}
)

func pick(s *service, from []string) string { return from[s.rng.IntN(len(from))] }

func (s *service) title() string {
	return fmt.Sprintf("%s %s%s", pick(s, verbs), pick(s, s.subjects()), pick(s, qualifiers))
}

func slug(title string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, title), "-")
}
