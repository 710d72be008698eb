package plugin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/deliver"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/gate"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
)

// CheckHealth says in one sentence whether the data source works, or what to do. It asks each source and sink once.
func (i *Instance) CheckHealth(ctx context.Context, request *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	d, err := i.open(ctx)
	if err != nil {
		return unhealthy("The settings need attention. " + settings.Explain(err)), nil
	}
	if len(d.Settings().Sources) == 0 {
		return unhealthy("No source is configured. Add one, such as GitHub with its repositories, and save."), nil
	}
	if err := d.StoreFailure(); err != nil {
		return unhealthy("The store cannot be read; answers show what was read before. " + oneLine(err)), nil
	}
	if err := d.WriteFailure(); err != nil {
		return unhealthy("The store cannot be written, and nothing that comes in is kept. " + oneLine(err)), nil
	}
	inPart := map[string]bool{}
	for _, s := range d.State() {
		inPart[s.ID] = s.InPart
	}
	failed := d.Check(ctx)
	maps.DeleteFunc(failed, func(id string, err error) bool { return inPart[id] && ofPart(err) })
	if len(failed) > 0 {
		var sentences []string
		for _, id := range slices.Sorted(maps.Keys(failed)) {
			sentences = append(sentences, sentence(failed[id]))
		}
		return unhealthy(strings.Join(sentences, "; ")), nil
	}
	if failed := d.CheckSinks(ctx); len(failed) > 0 {
		var sentences []string
		for _, id := range slices.Sorted(maps.Keys(failed)) {
			sentences = append(sentences, id+": "+deliver.Explained(failed[id]))
		}
		return unhealthy("Sources answer, and figures cannot be delivered. " + strings.Join(sentences, "; ")), nil
	}
	leave, err := enter(ctx, i.gate, gate.Work{Party: partyOf(request.PluginContext, false).String(), Size: heavyEnough})
	if err != nil {
		return unhealthy(err.Error()), nil //nolint:nilerr // it is the answer
	}
	defer leave()
	for _, s := range d.State() {
		if s.Failure != "" && !s.InPart {
			return unhealthy(s.ID + " " + failing(s)), nil
		}
	}
	toProduction := map[*dora.Deployment]bool{} // each once, however many services it is one of
	for _, f := range d.Snapshot().Services {
		for _, each := range f.Deployments {
			toProduction[each.Event] = true
		}
	}
	deployments := len(toProduction)
	stored := map[dora.Kind]int{}
	for _, kinds := range d.Counts() {
		for kind, n := range kinds {
			stored[kind] += n
		}
	}
	message := fmt.Sprintf("All %d sources answer. Collected: %d deployments, of which %d successful ones to production, %d changes, %d incidents.",
		len(d.Settings().Sources), stored[dora.KindDeployment], deployments, stored[dora.KindChange], stored[dora.KindIncident])
	if len(d.Settings().Sources) == 1 {
		message = "The source answers." + strings.SplitN(message, ".", 2)[1]
	}
	whole := true
	for _, s := range d.State() {
		if s.InPart {
			whole = false
			message += " " + s.ID + " " + failing(s)
			continue
		}
		if s.LastSuccess.IsZero() {
			whole = false
			message += fmt.Sprintf(" %s is not read yet: its first reading is under way. %s", s.ID, s.Message)
		}
	}
	for _, s := range d.State() {
		for _, remark := range []string{s.Remark, s.Beginning()} {
			if remark != "" {
				message += fmt.Sprintf(" %s: %s", s.ID, remark)
			}
		}
	}
	for _, s := range d.Deliveries() {
		message += " " + s.ID + ": " + s.Sentence(time.Now())
	}
	for _, a := range d.Absences(time.Now()) {
		message += " " + a.Text
	}
	if deployments == 0 && stored[dora.KindDeployment] > 0 {
		message += " " + noDeployments(d)
	}
	message += replicaBehind(d) + toldApart(d) + unreadable(d)
	if err := d.Exposed(); err != nil {
		message += " " + oneLine(err) + "."
	}
	configured := d.Settings()
	for _, field := range configured.InClear() {
		message += " " + field + " begins with http://, so whoever is between reads the token: use https://."
	}
	if whole { // before that, what is not there may come
		for _, sentence := range d.Mapped() {
			message += " " + sentence
		}
		message += unmet(d.Unmet())
	}
	return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: message}, nil
}

// heavyEnough is what health counts in the gate: it looks for settings that match nothing among all that was collected.
const heavyEnough = gate.LightSize + 1

// fewSentences is how many settings that match nothing, or count twice, are told below a form.
const fewSentences = 3

func unmet(sentences []string) string {
	text := ""
	for i, sentence := range sentences {
		if i == fewSentences {
			return text + " More settings match nothing: the command report lists them."
		}
		text += " " + sentence
	}
	return text
}

// toldApart says which services seem to count the same deployments.
func toldApart(d *dataset.Dataset) string {
	text := ""
	for i, each := range d.ToldApart() {
		if i == fewSentences {
			return text + " More services do: the command report lists them."
		}
		text += " " + each.Text
	}
	return text
}

// unreadable says which rows of the store are left out, and what to do; empty: none is.
func unreadable(d *dataset.Dataset) string {
	rows := d.Unreadable()
	if len(rows) == 0 {
		return ""
	}
	begin := fmt.Sprintf("%d rows of the store cannot be read and are left out, the first", len(rows))
	if len(rows) == 1 {
		begin = "One row of the store cannot be read and is left out"
	}
	return fmt.Sprintf(" %s: %s. Collect its source again from before it happened (POST v1/collect), and what the source still has takes its place; "+
		"what was posted or corrected comes back when it is told again, or from a backup of the store.", begin, rows[0])
}

func unhealthy(message string) *backend.CheckHealthResult {
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: message}
}

// sentence is what a person can do about a failed source.
func sentence(err error) string {
	var known *source.Error
	if errors.As(err, &known) {
		return known.Error()
	}
	return err.Error()
}

// ofPart says that a failure is of one part of a source, not of all of it.
func ofPart(err error) bool {
	var known *source.Error
	return errors.As(err, &known) && known.Part != "" && !known.Cause.Whole()
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
