package rule

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// series is a number, or a series of them by time, with its labels.
type series struct {
	labels data.Labels
	values []*float64
	number bool
}

func (s series) last() *float64 {
	if len(s.values) == 0 {
		return nil
	}
	return s.values[len(s.values)-1]
}

var (
	errNoFrames = errors.New("the answer has no frames")
	errUntyped  = errors.New("the first frame has no type, or not version 0.1 of it: alerting would guess")
)

// read takes frames as alerting's reader does, and holds them to what that reader does not notice: that labels are unique and
// times are in order.
func read(frames data.Frames) ([]series, error) {
	if len(frames) == 0 {
		return nil, errNoFrames
	}
	meta := frames[0].Meta
	if meta == nil || meta.TypeVersion != (data.FrameTypeVersion{0, 1}) || (!meta.Type.IsTimeSeries() && !meta.Type.IsNumeric()) {
		return nil, errUntyped
	}
	var found []series
	seen := map[string]bool{}
	for _, frame := range frames {
		if frame.Meta == nil || frame.Meta.Type != meta.Type {
			return nil, fmt.Errorf("%q is of another type than the first frame", frame.Name)
		}
		for _, field := range frame.Fields {
			if field.Type().Time() {
				if err := ascending(field); err != nil {
					return nil, err
				}
				continue
			}
			if !field.Type().Numeric() {
				return nil, fmt.Errorf("%s is no number but %s", field.Name, field.Type().ItemTypeString())
			}
			labels := field.Labels.String()
			if seen[labels] {
				return nil, fmt.Errorf("%s{%s} is there twice", field.Name, labels)
			}
			seen[labels] = true
			one, err := values(field)
			if err != nil {
				return nil, err
			}
			number := meta.Type.IsNumeric()
			if number && len(one) != 1 {
				return nil, fmt.Errorf("%s{%s} is %d numbers and not one", field.Name, labels, len(one))
			}
			found = append(found, series{labels: field.Labels, values: one, number: number})
		}
	}
	return found, nil
}

func ascending(times *data.Field) error {
	last := time.Time{}
	for row := range times.Len() {
		at, there := times.ConcreteAt(row)
		if !there || (row > 0 && !at.(time.Time).After(last)) {
			return fmt.Errorf("%s: row %d is not after the one before", times.Name, row)
		}
		last = at.(time.Time)
	}
	return nil
}

func values(field *data.Field) ([]*float64, error) {
	all := make([]*float64, field.Len())
	for row := range all {
		if _, there := field.ConcreteAt(row); !there {
			continue
		}
		v, err := field.FloatAt(row)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field.Name, err)
		}
		all[row] = &v
	}
	return all, nil
}

// measured are the values that are not null.
func (s series) measured() []float64 {
	var all []float64
	for _, v := range s.values {
		if v != nil {
			all = append(all, *v)
		}
	}
	return all
}

// reducers make one number of a series' measured values, of which there is at least one.
var reducers = map[string]func([]float64) float64{
	"last": func(v []float64) float64 { return v[len(v)-1] },
	"min":  slices.Min[[]float64],
	"max":  slices.Max[[]float64],
	"mean": func(v []float64) float64 { return sum(v) / float64(len(v)) },
	"sum":  sum,
}

func sum(v []float64) (total float64) {
	for _, each := range v {
		total += each
	}
	return total
}
