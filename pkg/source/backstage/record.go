package backstage

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora/owners"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The records are what the catalogue answers, in Backstage's words, with no field but those that are read.

type pageRecord struct {
	Items    *[]json.RawMessage `json:"items"`
	Total    *int               `json:"totalItems"`
	PageInfo struct {
		Next string `json:"nextCursor"`
	} `json:"pageInfo"`
}

func (p *pageRecord) Lacks() string { return wire.FirstMissing(wire.Need("items", p.Items == nil)) }

// fields are those that are asked for of an entity.
const fields = "kind,metadata.name,metadata.namespace,metadata.annotations,spec.owner,relations"

type entityRecord struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Owner string `json:"owner"`
	} `json:"spec"`
	Relations []struct {
		Type   string `json:"type"`
		Target string `json:"targetRef"`
	} `json:"relations"`
}

func (e *entityRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("kind", e.Kind == ""), wire.Need("metadata.name", e.Metadata.Name == ""))
}

// ref is an entity's full name, in lower case, as references have it.
func (e *entityRecord) ref() string {
	return strings.ToLower(e.Kind + ":" + cmp.Or(e.Metadata.Namespace, defaultNamespace) + "/" + e.Metadata.Name)
}

// called is what people call it.
func (e *entityRecord) called() string { return owners.CalledIn(e.Metadata.Namespace, e.Metadata.Name) }

const (
	defaultNamespace = "default"
	kindComponent    = "component"
	kindGroup        = "group"
	// ownedBy is the relation to an owner.
	ownedBy = "ownedBy"
)

// refOf is the full name of an entity that cannot be read, as far as it has one.
func refOf(row json.RawMessage) string {
	var named struct {
		Kind     string
		Metadata struct{ Name, Namespace string }
	}
	_ = json.Unmarshal(row, &named) // what can be read of it is
	if named.Kind == "" || named.Metadata.Name == "" {
		return ""
	}
	return strings.ToLower(named.Kind + ":" + cmp.Or(named.Metadata.Namespace, defaultNamespace) + "/" + named.Metadata.Name)
}
