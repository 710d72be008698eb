package plugin

import (
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// table gathers columns cell by cell. The columns are those of the first row, in its order.
type table struct {
	names   []string
	columns map[string]any
	config  map[string]*data.FieldConfig
}

func cells[T any](t *table, name string, config *data.FieldConfig) *[]T {
	if t.columns == nil {
		t.columns, t.config = map[string]any{}, map[string]*data.FieldConfig{}
	}
	if t.columns[name] == nil {
		t.names = append(t.names, name)
		t.columns[name] = &[]T{}
		t.config[name] = config
	}
	return t.columns[name].(*[]T)
}

func (t *table) text(name, value string) {
	column := cells[string](t, name, nil)
	*column = append(*column, value)
}

// link is a text that opens the row's url.
func (t *table) link(name, value, title string) { t.linkBy(name, value, title, "url") }

// linkBy is a text that opens the address in another column of the row.
func (t *table) linkBy(name, value, title, address string) {
	column := cells[string](t, name, &data.FieldConfig{
		Links: []data.DataLink{{Title: title, URL: "${__data.fields." + address + "}", TargetBlank: true}},
	})
	*column = append(*column, value)
}

// time is a point in time; zero is none.
func (t *table) time(name string, value time.Time) {
	column := cells[*time.Time](t, name, nil)
	if value.IsZero() {
		*column = append(*column, nil)
		return
	}
	*column = append(*column, &value)
}

// length is a length of time in seconds.
func (t *table) length(name string, value *time.Duration) {
	column := cells[*float64](t, name, &data.FieldConfig{Unit: "s"})
	if value == nil {
		*column = append(*column, nil)
		return
	}
	seconds := value.Seconds()
	*column = append(*column, &seconds)
}

func (t *table) number(name string, value float64) {
	column := cells[float64](t, name, nil)
	*column = append(*column, value)
}

func (t *table) frame() *data.Frame {
	frame := data.NewFrame("")
	for _, name := range t.names {
		var field *data.Field
		switch column := t.columns[name].(type) {
		case *[]string:
			field = data.NewField(name, nil, *column)
		case *[]*time.Time:
			field = data.NewField(name, nil, *column)
		case *[]*float64:
			field = data.NewField(name, nil, *column)
		case *[]float64:
			field = data.NewField(name, nil, *column)
		}
		field.Config = t.config[name]
		frame.Fields = append(frame.Fields, field)
	}
	return frame
}
