package dashboard

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Dashboard is what a dashboard asks for. Looks are left out.
type Dashboard struct {
	File      string   `json:"-"` // the name of the file it was read from
	UID       string   `json:"uid"`
	Title     string   `json:"title"`
	Time      Times    `json:"time"`
	Panels    []Panel  `json:"panels"` // rows as they are; All flattens them
	Variables struct { // in the order in which they are filled in
		List []Variable `json:"list"`
	} `json:"templating"`
	Annotations struct {
		List []Annotation `json:"list"`
	} `json:"annotations"`
}

// Times is a range as a dashboard writes it: now-90d, now/w, or milliseconds.
type Times struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Panel is one panel, or a row with panels inside.
type Panel struct {
	ID          int          `json:"id"`
	Type        string       `json:"type"`
	Title       string       `json:"title"`
	Datasource  *Reference   `json:"datasource"`
	Targets     []Target     `json:"targets"`
	Panels      []Panel      `json:"panels"`
	FieldConfig FieldOptions `json:"fieldConfig"`
	Options     struct {
		Reduce struct {
			Fields string `json:"fields"` // of a stat: /a regular expression/ of the fields that it shows
		} `json:"reduceOptions"`
	} `json:"options"`
}

// FieldOptions are a panel's options for all its fields, and for some.
type FieldOptions struct {
	Defaults struct {
		Unit    string `json:"unit"`
		NoValue string `json:"noValue"` // what is shown where there is nothing
	} `json:"defaults"`
	Overrides []Override `json:"overrides"`
}

// Override is options for the fields that a matcher names.
type Override struct {
	Matcher struct {
		ID      string `json:"id"` // byName, byFrameRefID
		Options any    `json:"options"`
	} `json:"matcher"`
	Properties []struct {
		ID    string `json:"id"`
		Value any    `json:"value"`
	} `json:"properties"`
}

// Reference names a data source.
type Reference struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// UnmarshalJSON reads a reference; where it is a bare text it is a uid or a name, as old dashboards had it.
func (r *Reference) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &r.UID) == nil {
		return nil
	}
	type plain Reference
	return json.Unmarshal(text, (*plain)(r))
}

// Target is a query as a dashboard has it, variables and all.
type Target map[string]any

// Variable is a template variable.
type Variable struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"` // datasource, query, custom, interval, constant, textbox, adhoc
	Query      json.RawMessage `json:"query"`
	Multi      bool            `json:"multi"`
	IncludeAll bool            `json:"includeAll"`
	AllValue   string          `json:"allValue"`
	Current    struct {
		Value any `json:"value"`
	} `json:"current"`
}

// Annotation is a layer of marks.
type Annotation struct {
	Name       string     `json:"name"`
	Datasource *Reference `json:"datasource"`
	Target     Target     `json:"target"`
}

// Read reads a dashboard's file.
func Read(path string) (*Dashboard, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the dashboard cannot be read: %w", err)
	}
	d := &Dashboard{File: filepath.Base(path)}
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("%s is no classic dashboard: %w", path, err)
	}
	if d.UID == "" || len(d.Panels) == 0 {
		return nil, fmt.Errorf("%s is no classic dashboard: it has no uid or no panels", path)
	}
	if d.Time.From == "" {
		d.Time = Times{From: "now-6h", To: "now"} // Grafana's default
	}
	return d, nil
}

// ReadFolder reads every dashboard of a folder, by the files' names. A folder without one is an error.
func ReadFolder(folder string) ([]*Dashboard, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s has no dashboard", folder)
	}
	slices.Sort(paths)
	var read []*Dashboard
	for _, path := range paths {
		d, err := Read(path)
		if err != nil {
			return nil, err
		}
		read = append(read, d)
	}
	return read, nil
}

// All lists the panels, those inside rows too, and not the rows.
func (d *Dashboard) All() []Panel { return flat(d.Panels) }

func flat(panels []Panel) []Panel {
	var all []Panel
	for _, p := range panels {
		if p.Type == "row" {
			all = append(all, flat(p.Panels)...)
			continue
		}
		all = append(all, p)
	}
	return all
}
