package settings

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
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

type provisioningFile struct {
	Datasources []struct {
		Name           string            `yaml:"name"`
		Type           string            `yaml:"type"`
		UID            string            `yaml:"uid"`
		OrgID          int64             `yaml:"orgId"`
		JSONData       map[string]any    `yaml:"jsonData"`
		SecureJSONData map[string]string `yaml:"secureJsonData"`
	} `yaml:"datasources"`
}

// ReadFile reads a provisioning file of Grafana and picks the data source of our type, by name where there are
// several. Values are expanded as Grafana expands them.
func ReadFile(path, name string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the settings file cannot be read: %w", err)
	}
	var file provisioningFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s is not a provisioning file: %w", path, err)
	}
	var names []string
	found := -1
	for i, d := range file.Datasources {
		if d.Type != PluginID {
			continue
		}
		names = append(names, d.Name)
		if name == "" || d.Name == name {
			if found >= 0 {
				return nil, fmt.Errorf("%s has several data sources of type %s (%s): choose one with --datasource NAME", path, PluginID, strings.Join(names, ", "))
			}
			found = i
		}
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("%s has no data source of type %s", path, PluginID)
	case found < 0:
		return nil, fmt.Errorf("%s has no data source named %q of type %s; it has: %s", path, name, PluginID, strings.Join(names, ", "))
	}
	d := file.Datasources[found]
	if d.OrgID == 0 {
		d.OrgID = 1
	}
	if d.UID == "" {
		d.UID = d.Name
	}
	secrets := map[string]string{}
	var mistakes []error
	for key, value := range d.SecureJSONData {
		expanded, err := expand(value)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("secureJsonData.%s: %w", key, err))
		}
		secrets[key] = expanded
	}
	jsonData, err := expandAll("", d.JSONData)
	if err := errors.Join(append(mistakes, err)...); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	object, _ := jsonData.(map[string]any)
	parsed, err := Parse(object, secrets)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &File{Settings: parsed, OrgID: d.OrgID, UID: d.UID, Name: d.Name}, nil
}
