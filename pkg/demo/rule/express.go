package rule

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// expression is what we read of Grafana's expressions.
type expression struct {
	Type       string `json:"type"`
	Expression string `json:"expression"`
	Reducer    string `json:"reducer"`
	Conditions []struct {
		Evaluator struct {
			Type   string    `json:"type"`
			Params []float64 `json:"params"`
		} `json:"evaluator"`
	} `json:"conditions"`
}

// evaluators compare a value with a threshold's parameters.
var evaluators = map[string]struct {
	parameters int
	holds      func(v float64, p []float64) bool
}{
	"gt":            {1, func(v float64, p []float64) bool { return v > p[0] }},
	"lt":            {1, func(v float64, p []float64) bool { return v < p[0] }},
	"gte":           {1, func(v float64, p []float64) bool { return v >= p[0] }},
	"lte":           {1, func(v float64, p []float64) bool { return v <= p[0] }},
	"within_range":  {2, func(v float64, p []float64) bool { return v > p[0] && v < p[1] }},
	"outside_range": {2, func(v float64, p []float64) bool { return v < p[0] || v > p[1] }},
}

// express applies an expression to what came before it. The shipped rules need thresholds and reductions.
func express(model map[string]any, results map[string][]series) ([]series, error) {
	text, err := json.Marshal(model)
	if err != nil {
		return nil, fmt.Errorf("the expression cannot be written: %w", err)
	}
	var e expression
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("the expression cannot be read: %w", err)
	}
	inputs, known := results[e.Expression]
	if !known {
		return nil, fmt.Errorf("expression: there is no %q before it", e.Expression)
	}
	switch e.Type {
	case "reduce":
		return e.reduce(inputs)
	case "threshold":
		return e.threshold(inputs)
	}
	return nil, fmt.Errorf("type: %q is not allowed; allowed: reduce, threshold", e.Type)
}

func (e expression) reduce(inputs []series) ([]series, error) {
	reducer, known := reducers[e.Reducer]
	if !known {
		return nil, fmt.Errorf("reducer: %q is not allowed; allowed: %v", e.Reducer, slices.Sorted(maps.Keys(reducers)))
	}
	var reduced []series
	for _, s := range inputs {
		one := series{labels: s.labels, values: []*float64{nil}, number: true}
		if measured := s.measured(); len(measured) > 0 {
			v := reducer(measured)
			one.values[0] = &v
		}
		reduced = append(reduced, one)
	}
	return reduced, nil
}

func (e expression) threshold(inputs []series) ([]series, error) {
	if len(e.Conditions) != 1 {
		return nil, fmt.Errorf("conditions: %d are not allowed; allowed: 1", len(e.Conditions))
	}
	c := e.Conditions[0].Evaluator
	evaluator, known := evaluators[c.Type]
	if !known || len(c.Params) < evaluator.parameters {
		return nil, fmt.Errorf("conditions[0].evaluator: %q with %v is not allowed; allowed: %v with their numbers", c.Type, c.Params, slices.Sorted(maps.Keys(evaluators)))
	}
	var judged []series
	for _, s := range inputs {
		one := series{labels: s.labels, number: s.number}
		for _, v := range s.values {
			if v == nil {
				one.values = append(one.values, nil)
				continue
			}
			holds := 0.0
			if evaluator.holds(*v, c.Params) {
				holds = 1
			}
			one.values = append(one.values, &holds)
		}
		judged = append(judged, one)
	}
	return judged, nil
}
