package source

import (
	"fmt"
	"strings"
)

// listLimit is how many names of many are said in a sentence.
const listLimit = 10

// Listed is some texts in a sentence: the first of many, and how many more there are.
func Listed(texts []string) string {
	if more := len(texts) - listLimit; more > 0 {
		return strings.Join(texts[:listLimit], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(texts, ", ")
}
