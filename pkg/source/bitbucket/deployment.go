package bitbucket

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

const (
	pipelineFields   = "next,values.uuid,values.created_on,values.completed_on,values.state,values.target.ref_type,values.target.ref_name"
	deploymentFields = "+values.environment.name,+values.environment.environment_type"
)

// readDeployments reads all deployments where one can have changed, which the newest pipelines say: a step that is run again
// changes its pipeline, and nothing else does. What the list has no longer is kept: Bitbucket leaves out those whose
// artifacts have expired.
func (s *repositorySync) readDeployments(ctx context.Context) error {
	newest := s.at(s.path+"/pipelines", url.Values{"sort": {"-created_on"}, "pagelen": {"100"}, "fields": {pipelineFields}})
	var handled []int
	if s.state.Pipelines == "" { // where they were never switched on
		handled = []int{http.StatusNotFound}
	}
	p, err := read[pipelineRecord](ctx, s.run, s.part, newest, handled...)
	if err != nil || p.absent {
		return err
	}
	digest, serving := digestOf(p.rows), s.config.Serving(s.state.Name)
	if digest == s.state.Pipelines && serving == s.state.Serving {
		return nil
	}
	pipelines := map[string]*pipelineRecord{}
	for _, row := range p.rows {
		pipelines[row.ID] = row
	}
	if s.state.Pipelines == "" && p.next != "" { // what they were made from is needed of all
		older, err := all[pipelineRecord](ctx, s.run, s.part, p.next)
		if err != nil {
			return err
		}
		for _, row := range older {
			pipelines[row.ID] = row
		}
	}
	rows, err := all[deploymentRecord](ctx, s.run, s.part, s.at(s.path+"/deployments", url.Values{"pagelen": {"100"}, "fields": {deploymentFields}}), http.StatusNotFound)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b *deploymentRecord) int {
		return cmp.Or(a.created().Compare(b.created()), cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
	})
	stored := map[string]*dora.Deployment{}
	for _, e := range s.known(dora.KindDeployment, s.state.Name) {
		if d, is := e.(*dora.Deployment); is {
			stored[d.ID] = d
		}
	}
	former := map[string]*dora.Deployment{} // whatever was read under other names moves with the repository
	for _, d := range s.moved() {
		former[d.ID] = d
	}
	maps.Copy(former, stored)
	var events []dora.Event
	for _, row := range rows {
		if row.Environment.Name == "" {
			row.recall(former[s.idOf(row)])
		}
		d := s.deployment(row)
		if d.LastWord().Before(s.request.Since) {
			continue
		}
		s.shipped(d)
		if !s.request.Since.IsZero() && commitForm.MatchString(d.SHA) {
			s.state.Lanes.Enter(d, s.config.ServedBy(d))
		}
		if !news(d, stored[d.ID]) {
			continue
		}
		if id := row.Release.Pipeline; id != nil && id.ID != "" {
			made := pipelines[id.ID]
			if made == nil {
				if made, err = one[pipelineRecord](ctx, s.run, s.part, s.at(s.path+"/pipelines/"+url.PathEscape(id.ID), url.Values{}), http.StatusNotFound); err != nil {
					return err
				}
				pipelines[id.ID] = made
			}
			refer(d, made)
		}
		events = append(events, above(d, stored[d.ID]))
	}
	events = append(events, s.missing(rows, former)...)
	s.state.Pipelines, s.state.Serving = digest, serving
	return s.emit(ctx, events)
}

// digestOf tells whether any pipeline began, went on, ended or was run again.
func digestOf(rows []*pipelineRecord) string {
	sum := fnv.New64a()
	for _, row := range rows {
		result, stage := "", ""
		if row.State.Result != nil {
			result = row.State.Result.Name
		}
		if row.State.Stage != nil {
			stage = row.State.Stage.Name
		}
		_, _ = fmt.Fprintln(sum, row.ID, row.State.Name, result, stage, row.Completed.UnixNano()) // it never fails
	}
	return strconv.FormatUint(sum.Sum64(), 36)
}

func (d *deploymentRecord) created() time.Time {
	if d.Release.Created.IsZero() {
		return d.Updated.Time
	}
	return d.Release.Created.Time
}

// tiers are what environments are for, by their type.
var tiers = map[string]string{"production": "production", "staging": "staging", "test": "testing"}

// results are what a deployment that is completed came to.
var results = map[string]dora.DeploymentState{"SUCCESSFUL": dora.StateSuccess, "FAILED": dora.StateFailure, "STOPPED": dora.StateFailure, "ERROR": dora.StateFailure}

func (s *repositorySync) idOf(row *deploymentRecord) string {
	return s.state.Name + ":deployment:" + strings.Trim(row.ID, "{}")
}

// recall has a deployment into an environment that was deleted since be into that which it was into when it was read; nil: it was
// not, and what is left of the environment is its id.
func (d *deploymentRecord) recall(stored *dora.Deployment) {
	if stored == nil {
		d.Environment.Name = strings.Trim(d.Environment.ID, "{}")
		return
	}
	d.Environment.Name = stored.Environment
	for kind, tier := range tiers {
		if tier == stored.Tier {
			d.Environment.Type = &named{Name: kind}
		}
	}
}

func (s *repositorySync) deployment(row *deploymentRecord) *dora.Deployment {
	d := &dora.Deployment{
		Header:     dora.Header{Source: s.config.ID, ID: s.idOf(row), Updated: row.Updated.Time},
		Repository: s.state.Name, Number: row.Number, Environment: row.Environment.Name, Created: row.created(),
		URL: row.Release.URL, Creator: row.State.Deployer.who(),
	}
	if row.Environment.Type != nil {
		d.Tier = tiers[strings.ToLower(row.Environment.Type.Name)]
	}
	if row.Release.Commit != nil {
		d.SHA = row.Release.Commit.Hash
	}
	d.Statuses = []dora.DeploymentStatus{{State: dora.StateWaiting, At: d.Created}}
	began, ended := either(row.State.Started, row.State.StartDate), either(row.State.Completed, row.State.CompletionDate)
	if !began.IsZero() {
		d.Statuses = append(d.Statuses, dora.DeploymentStatus{State: dora.StateRunning, At: began})
	}
	if row.State.Name == "COMPLETED" && row.State.Status != nil {
		if ended.IsZero() {
			ended = dora.Latest(began, row.Updated.Time)
		}
		if state, known := results[strings.ToUpper(row.State.Status.Name)]; known {
			d.Statuses = append(d.Statuses, dora.DeploymentStatus{State: state, At: ended})
		}
	}
	d.Updated, d.Rank = dora.Latest(row.Updated.Time, d.LastWord()), len(d.Statuses)
	return d
}

func either(a, b moment) time.Time {
	if a.IsZero() {
		return b.Time
	}
	return a.Time
}

// refer says what the deployment's pipeline was made from.
func refer(d *dora.Deployment, p *pipelineRecord) {
	if p == nil || p.Target.Ref == "" {
		return
	}
	d.Ref = p.Target.Ref
	switch p.Target.Kind {
	case "tag":
		d.RefKind = dora.RefTag
	case "branch", "named_branch":
		d.RefKind = dora.RefBranch
	}
}

// news says whether the store has the deployment not, or otherwise. One that succeeded stays as it was when a step is run
// again, but for the name of its environment.
func news(d, stored *dora.Deployment) bool {
	switch {
	case stored == nil:
		return true
	case stored.Withdrawn, d.Environment != stored.Environment, d.Tier != stored.Tier:
		return true
	case stored.Settled():
		return false
	}
	return d.NewerThan(stored.Header)
}

// above is the deployment in a version above the one that the store has, whose first success it keeps.
func above(d, stored *dora.Deployment) dora.Event {
	if stored == nil {
		return d
	}
	if stored.Settled() {
		d.Statuses = stored.Statuses
	}
	return census.Above(d, stored)
}

// missing tells how many deployments cannot be seen any more: Bitbucket numbers those of an environment from 1, and its list
// leaves some out after a while. Those below the first are looked for once, since a store forgets as well.
func (s *repositorySync) missing(rows []*deploymentRecord, stored map[string]*dora.Deployment) (events []dora.Event) {
	numbers := map[string]map[int64]time.Time{} // when they were created, by environment
	see := func(environment string, number int64, created time.Time) {
		if numbers[environment] == nil {
			numbers[environment] = map[int64]time.Time{}
		}
		if number > 0 {
			numbers[environment][number] = created
		}
	}
	for _, d := range stored {
		if d.Unseen == 0 {
			see(d.Environment, d.Number, d.Created)
		}
	}
	for _, row := range rows {
		see(row.Environment.Name, row.Number, row.created())
	}
	if !countedApart(numbers) {
		return nil
	}
	told := map[string]bool{}
	for environment, seen := range numbers {
		ordered := slices.Sorted(maps.Keys(seen))
		for i, number := range ordered {
			id, below := s.state.Name+":deployment:before:"+environment, int64(0)
			switch {
			case i > 0:
				id, below = id+":"+strconv.FormatInt(number, 10), ordered[i-1]
			case s.state.Pipelines != "":
				told[id] = true // as it was told
				continue
			}
			unseen := int(number - below - 1)
			if unseen == 0 || seen[number].Before(s.request.Since) {
				continue
			}
			told[id] = true
			d := &dora.Deployment{
				Header:     dora.Header{Source: s.config.ID, ID: id, Updated: seen[number]},
				Repository: s.state.Name, Environment: environment, SHA: "before:" + strconv.FormatInt(number, 10), Created: seen[number], Unseen: unseen, Statuses: []dora.DeploymentStatus{},
			}
			if before := stored[id]; before == nil {
				events = append(events, d)
			} else if before.Unseen != unseen || before.Withdrawn {
				events = append(events, census.Above(d, before))
			}
		}
	}
	for id, d := range stored {
		if d.Unseen > 0 && !d.Withdrawn && !told[id] { // they are there after all
			events = append(events, census.Withdraw(d))
		}
	}
	slices.SortFunc(events, func(a, b dora.Event) int { return cmp.Compare(a.Head().ID, b.Head().ID) })
	return events
}

// countedApart says that each environment counts for itself: then two of them have a number in common.
func countedApart(numbers map[string]map[int64]time.Time) bool {
	met := map[int64]bool{}
	for _, seen := range numbers {
		for number := range seen {
			if met[number] {
				return true
			}
			met[number] = true
		}
	}
	return len(numbers) == 1
}
