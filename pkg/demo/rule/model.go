package rule

import (
	"fmt"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// Rule is an alert rule as Grafana's provisioning files have it.
type Rule struct {
	UID          string            `yaml:"uid"`
	Title        string            `yaml:"title"`
	Condition    string            `yaml:"condition"`
	DashboardUID string            `yaml:"dashboardUid"`
	PanelID      int               `yaml:"panelId"`
	Data         []Step            `yaml:"data"`
	NoDataState  string            `yaml:"noDataState"`
	ExecErrState string            `yaml:"execErrState"`
	For          string            `yaml:"for"`
	Labels       map[string]string `yaml:"labels"`
	Annotations  map[string]string `yaml:"annotations"`
	Group        string            `yaml:"-"`
}

// Step is one of a rule's queries or expressions.
type Step struct {
	RefID         string `yaml:"refId"`
	DatasourceUID string `yaml:"datasourceUid"`
	Range         struct {
		From int `yaml:"from"` // seconds before now
		To   int `yaml:"to"`
	} `yaml:"relativeTimeRange"`
	Model map[string]any `yaml:"model"`
}

// expressions is the uid of Grafana's own expressions.
const expressions = "__expr__"

// file is a provisioning file.
type file struct {
	Groups []struct {
		OrgID    int    `yaml:"orgId"`
		Name     string `yaml:"name"`
		Folder   string `yaml:"folder"`
		Interval string `yaml:"interval"`
		Rules    []Rule `yaml:"rules"`
	} `yaml:"groups"`
}

// ReadFolder reads the rules of all provisioning files of a folder.
func ReadFolder(folder string) ([]Rule, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	var rules []Rule
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("the alert rules cannot be read: %w", err)
		}
		var f file
		if err := yaml.Unmarshal(text, &f); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, group := range f.Groups {
			for _, rule := range group.Rules {
				rule.Group = group.Name
				rules = append(rules, rule)
			}
		}
	}
	return rules, nil
}
