package settings

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// PluginID is the type of our data sources in Grafana.
const PluginID = "livedora-dora-datasource"

// File is one data source of a provisioning file.
type File struct {
	Settings Settings
	// OrgID and UID name the data source, and so its dataset, as Grafana would.
	OrgID int64
	UID   string
	Name  string
}

// Dataset is the name that keeps this data source's events apart from others' in the same store.
func (f *File) Dataset() string { return Dataset(f.Settings.Store, f.OrgID, f.UID) }

// Dataset is <orgId>/<uid> of the data source, unless the settings name another.
func Dataset(store Store, orgID int64, uid string) string {
	if store.Dataset != "" {
		return store.Dataset
	}
	return fmt.Sprintf("%d/%s", orgID, uid)
}

// provisioned is what of a data source in a provisioning file is ours to read. Secrets are read as any value, because
// the YAML reader's own errors repeat what they could not read.
type provisioned struct {
	Name           string `yaml:"name"`
	Type           string `yaml:"type"`
	UID            string `yaml:"uid"`
	OrgID          int64  `yaml:"orgId"`
	JSONData       any    `yaml:"jsonData"`
	SecureJSONData any    `yaml:"secureJsonData"`
}

// ReadFile reads a provisioning file of Grafana and picks the data source of our type, by name where there are
// several. Values are expanded as Grafana expands them. Its sources are of the given systems, and its sinks of the given kinds.
func ReadFile(systems source.Systems, path, name string, sinks ...*sink.System) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the settings file cannot be read: %w", err)
	}
	var file struct {
		Datasources []provisioned `yaml:"datasources"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s is not a provisioning file: %w", path, err)
	}
	d, err := pick(file.Datasources, name)
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	parsed, err := d.settings(systems, sinks)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &File{Settings: parsed, OrgID: d.OrgID, UID: d.UID, Name: d.Name}, nil
}

// pick finds the data source to read and completes what names it.
func pick(all []provisioned, name string) (*provisioned, error) {
	var names []string
	var chosen []*provisioned
	for i := range all {
		d := &all[i]
		if err := d.expandNames(); err != nil {
			return nil, fmt.Errorf("has a data source that cannot be read: %w", err)
		}
		if d.Type != PluginID {
			continue
		}
		names = append(names, d.Name)
		if name == "" || d.Name == name {
			chosen = append(chosen, d)
		}
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("has no data source of type %s", PluginID)
	case len(chosen) == 0:
		return nil, fmt.Errorf("has no data source named %q of type %s; it has: %s", name, PluginID, strings.Join(names, ", "))
	case len(chosen) > 1 && name == "":
		return nil, fmt.Errorf("has several data sources of type %s (%s): choose one with --datasource NAME", PluginID, strings.Join(names, ", "))
	case len(chosen) > 1:
		return nil, fmt.Errorf("has several data sources named %q of type %s: give each a name of its own", name, PluginID)
	}
	return chosen[0], nil
}

func (d *provisioned) expandNames() error {
	var mistakes []error
	for _, text := range []*string{&d.Name, &d.Type, &d.UID} {
		expanded, err := expand(*text)
		*text = expanded
		mistakes = append(mistakes, err)
	}
	if d.OrgID == 0 {
		d.OrgID = 1
	}
	if d.UID == "" {
		d.UID = uidOf(d.Name)
	}
	return errors.Join(mistakes...)
}

// uidOf is the uid that Grafana gives a provisioned data source that has none.
func uidOf(name string) string {
	digest := sha256.Sum256([]byte(name))
	return fmt.Sprintf("P%X", digest[:8])
}

func (d *provisioned) settings(systems source.Systems, sinks sink.Systems) (Settings, error) {
	jsonData, err := object("jsonData", d.JSONData)
	if err != nil {
		return Settings{}, err
	}
	secret, err := object("secureJsonData", d.SecureJSONData)
	if err != nil {
		return Settings{}, err
	}
	_, mistake := expandAll("", jsonData)
	mistakes := []error{mistake}
	secrets := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(secret)) {
		text, err := secretText(secret[key])
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("secureJsonData.%s: %w", key, err))
		}
		secrets[key] = text
	}
	if err := errors.Join(mistakes...); err != nil {
		return Settings{}, err
	}
	return Parse(systems, jsonData, secrets, sinks...)
}

func object(field string, value any) (map[string]any, error) {
	switch v := value.(type) {
	case nil:
		return map[string]any{}, nil
	case map[string]any:
		return v, nil
	}
	return nil, &strict.Error{Field: field, Problem: "is not allowed; allowed: an object"}
}

// secretText expands a secret. Its errors never repeat it.
func secretText(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return expand(v)
	case int:
		return strconv.Itoa(v), nil
	}
	return "", errors.New("is not allowed; allowed: text")
}
