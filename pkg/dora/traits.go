package dora

import (
	"slices"
	"strings"
)

// Traits are what a source tells of a repository beside its code: what rules of mapping and of ownership go by.
type Traits struct {
	Topics []string `json:"topics,omitempty"`
	// Properties are what an organisation keeps of each of its repositories, by name.
	Properties []Property `json:"properties,omitempty"`
	// Group is what the vendor keeps it in: the owner, the path of groups, the project.
	Group    string `json:"group,omitempty"`
	Archived bool   `json:"archived,omitempty"` // nothing can be changed any more
	Fork     bool   `json:"fork,omitempty"`     // of another repository
	// CodeOwners is its file CODEOWNERS, where something goes by it.
	CodeOwners string `json:"codeOwners,omitempty"`
}

// Property is a property of a repository, with one value or several.
type Property struct {
	Name   string   `json:"name"`
	Values []string `json:"values,omitempty"`
}

// The most that is kept of each.
const (
	TopicsLimit     = 100
	PropertiesLimit = 200
	ValuesLimit     = 200
	// CodeOwnersLimit is how many bytes a file CODEOWNERS has at most: in one that is cut other lines would be the last.
	CodeOwnersLimit = 256 << 10
)

// Values are those of a property, whatever the case of its name.
func (t *Traits) Values(property string) []string {
	for i := range t.Properties {
		if strings.EqualFold(t.Properties[i].Name, property) {
			return t.Properties[i].Values
		}
	}
	return nil
}

// Same says whether two are alike.
func (t *Traits) Same(other *Traits) bool {
	return t.Group == other.Group && t.Archived == other.Archived && t.Fork == other.Fork && t.CodeOwners == other.CodeOwners && slices.Equal(t.Topics, other.Topics) &&
		slices.EqualFunc(t.Properties, other.Properties, func(a, b Property) bool { return a.Name == b.Name && slices.Equal(a.Values, b.Values) })
}

// Ordered is the same with its lists in order, whatever that of the vendor's answer, and within their bounds.
func (t Traits) Ordered() Traits {
	t.Topics = inOrder(t.Topics, TopicsLimit)
	properties := slices.Clone(t.Properties)
	for i := range properties {
		properties[i].Name = Shorten(properties[i].Name, NameLimit)
		properties[i].Values = inOrder(properties[i].Values, ValuesLimit)
	}
	slices.SortStableFunc(properties, func(a, b Property) int { return strings.Compare(a.Name, b.Name) })
	t.Properties = properties[:min(len(properties), PropertiesLimit)]
	t.Group = Shorten(t.Group, NameLimit)
	if len(t.CodeOwners) > CodeOwnersLimit {
		t.CodeOwners = ""
	}
	return t
}

// inOrder is a list of names without doubles, nil where there are none.
func inOrder(names []string, limit int) []string {
	var list []string
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, Shorten(name, NameLimit))
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), limit)]
}
