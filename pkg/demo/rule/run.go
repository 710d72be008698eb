package rule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// Asker answers queries as a data source of ours does.
type Asker interface {
	Ask(ctx context.Context, queries []backend.DataQuery) (backend.Responses, error)
}

// State is what a rule says of one instance.
type State string

// The states.
const (
	Normal State = "normal"
	Firing State = "firing" // or pending, where the rule waits
	NoData State = "no data"
)

// Instance is what a rule says of one set of labels, such as a service.
type Instance struct {
	Labels data.Labels
	// Value is what the query answered, before the condition; nil: nothing to measure.
	Value *float64
	State State
}

// Run asks a rule's query and applies its condition. The error says what is wrong with the rule or with the answer.
func Run(ctx context.Context, r Rule, asker Asker, now time.Time) ([]Instance, error) {
	results := map[string][]series{}
	var asked []series
	for _, step := range r.Data {
		var err error
		if step.DatasourceUID == expressions {
			results[step.RefID], err = express(step.Model, results)
		} else {
			results[step.RefID], err = ask(ctx, step, asker, now)
			if asked == nil { // those after it are for the message
				asked = results[step.RefID]
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", r.UID, step.RefID, err)
		}
	}
	condition, known := results[r.Condition]
	if !known {
		return nil, fmt.Errorf("%s: condition: there is no %q", r.UID, r.Condition)
	}
	instances := []Instance{}
	for _, c := range condition {
		if !c.number {
			return nil, fmt.Errorf("%s: the condition %q is a series and no number: reduce it first", r.UID, r.Condition)
		}
		each := Instance{Labels: c.labels, State: stateOf(c.last())}
		for _, a := range asked {
			if a.labels.Equals(c.labels) {
				each.Value = a.last()
			}
		}
		instances = append(instances, each)
	}
	return instances, nil
}

func stateOf(v *float64) State {
	switch {
	case v == nil:
		return NoData
	case *v != 0:
		return Firing
	}
	return Normal
}

// ask sends a query with the header that tells of alerting, and reads the answer as alerting does.
func ask(ctx context.Context, step Step, asker Asker, now time.Time) ([]series, error) {
	text, err := json.Marshal(step.Model)
	if err != nil {
		return nil, fmt.Errorf("the query cannot be written: %w", err)
	}
	queryType, _ := step.Model["queryType"].(string)
	responses, err := asker.Ask(ctx, []backend.DataQuery{{
		RefID: step.RefID, QueryType: queryType, JSON: text, Interval: time.Second, MaxDataPoints: 43200,
		TimeRange: backend.TimeRange{From: now.Add(-time.Duration(step.Range.From) * time.Second), To: now.Add(-time.Duration(step.Range.To) * time.Second)},
	}})
	if err != nil {
		return nil, err
	}
	answer, there := responses[step.RefID]
	switch {
	case !there:
		return nil, errors.New("has no answer")
	case answer.Error != nil:
		return nil, answer.Error
	}
	return read(answer.Frames)
}
