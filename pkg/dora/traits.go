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
	// SectionedOwners says that this goes by GitLab's rules, which has sections in it.
	SectionedOwners bool `json:"sectionedOwners,omitempty"`
	// Teams are those of GitHub that may at least write to it, each with its TeamPermission, where something goes by them.
	Teams []Property `json:"teams,omitempty"`
	// CatalogInfo is its file catalog-info.yaml, where something goes by it.
	CatalogInfo string `json:"catalogInfo,omitempty"`
	// Entity is what a catalogue tells of one of its entries, which is no repository itself.
	Entity *Entity `json:"entity,omitempty"`
}

// Entity is an entry of a catalogue of an organisation's software.
type Entity struct {
	// From is the place that it is told by.
	From OwnerPlace `json:"from"`
	// Name is its own, without its kind and namespace; empty: it is about repositories, whatever is in them.
	Name string `json:"name,omitempty"`
	// Owners are groups, and people with @ in front. Lost are those whom the entry names and the catalogue does not know.
	Owners []string `json:"owners,omitempty"`
	Lost   []string `json:"lost,omitempty"`
	// Repositories are where its code is, owner/name, as far as the catalogue says. Folder is its own in them; empty: all.
	Repositories []string `json:"repositories,omitempty"`
	Folder       string   `json:"folder,omitempty"`
}

// same says whether two are alike.
func (e *Entity) same(other *Entity) bool {
	if e == nil || other == nil {
		return e == other
	}
	return e.From == other.From && e.Name == other.Name && e.Folder == other.Folder && slices.Equal(e.Owners, other.Owners) && slices.Equal(e.Lost, other.Lost) &&
		slices.Equal(e.Repositories, other.Repositories)
}

// ordered is the same with its lists in order, and within their bounds.
func (e *Entity) ordered() *Entity {
	if e == nil {
		return nil
	}
	return &Entity{
		From: e.From, Name: Shorten(e.Name, NameLimit), Owners: inOrder(e.Owners, ValuesLimit), Lost: inOrder(e.Lost, ValuesLimit),
		Repositories: inOrder(e.Repositories, ValuesLimit), Folder: Shorten(e.Folder, NameLimit),
	}
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
	// CatalogInfoLimit is how many bytes a file catalog-info.yaml has at most.
	CatalogInfoLimit = 64 << 10
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
	return t.Group == other.Group && t.Archived == other.Archived && t.Fork == other.Fork && t.CodeOwners == other.CodeOwners &&
		t.SectionedOwners == other.SectionedOwners && t.CatalogInfo == other.CatalogInfo && t.Entity.same(other.Entity) && slices.Equal(t.Topics, other.Topics) &&
		slices.EqualFunc(t.Properties, other.Properties, Property.same) && slices.EqualFunc(t.Teams, other.Teams, Property.same)
}

func (p Property) same(other Property) bool {
	return p.Name == other.Name && slices.Equal(p.Values, other.Values)
}

// Ordered is the same with its lists in order, whatever that of the vendor's answer, and within their bounds.
func (t Traits) Ordered() Traits {
	t.Topics = inOrder(t.Topics, TopicsLimit)
	t.Properties, t.Teams = propertiesInOrder(t.Properties), propertiesInOrder(t.Teams)
	t.Group = Shorten(t.Group, NameLimit)
	if len(t.CodeOwners) > CodeOwnersLimit {
		t.CodeOwners = ""
	}
	if len(t.CatalogInfo) > CatalogInfoLimit {
		t.CatalogInfo = ""
	}
	t.Entity = t.Entity.ordered()
	return t
}

func propertiesInOrder(all []Property) []Property {
	properties := slices.Clone(all)
	for i := range properties {
		properties[i].Name = Shorten(properties[i].Name, NameLimit)
		properties[i].Values = inOrder(properties[i].Values, ValuesLimit)
	}
	slices.SortStableFunc(properties, func(a, b Property) int { return strings.Compare(a.Name, b.Name) })
	return properties[:min(len(properties), PropertiesLimit)]
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
