package jenkins

import (
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// shelf is what the store has of a repository's deployments, but for those that were posted.
type shelf struct {
	byID map[string]*dora.Deployment
	// byBuild are those of one build, by when it was created and its number.
	byBuild map[string][]string
}

// shelf asks the store for it once a run.
func (r *run) shelf(repository string) *shelf {
	key := strings.ToLower(repository)
	if found := r.shelves[key]; found != nil {
		return found
	}
	s := &shelf{byID: map[string]*dora.Deployment{}, byBuild: map[string][]string{}}
	r.shelves[key] = s
	if r.request.Known == nil {
		return s
	}
	for _, e := range r.request.Known(dora.KindDeployment, repository) {
		if d, is := e.(*dora.Deployment); is && !d.Posted() {
			s.put(d)
		}
	}
	return s
}

func (s *shelf) put(d *dora.Deployment) {
	if key := buildKey(d.ID); s.byID[d.ID] == nil && key != "" {
		s.byBuild[key] = append(s.byBuild[key], d.ID)
	}
	s.byID[d.ID] = d
}

// A deployment is called after its build's instant and number, which a job keeps whatever it is called, and which a job that was
// made anew under an old name has not had: repository:deployment:environment[/stage]:milliseconds:number.

func idOf(repository string, t target, b *build) string {
	into := t.environment
	if t.stage != "" {
		into += "/" + t.stage
	}
	return repository + ":deployment:" + into + ":" + b.key()
}

// key tells a build from all others of a controller.
func (b *build) key() string { return number(b.Timestamp) + ":" + number(b.vendor()) }

// vendor is Jenkins' own number of the build, which rises over all jobs of a controller; that within its job where none is told.
func (b *build) vendor() int64 {
	if b.Queue > 0 {
		return b.Queue
	}
	return b.Number
}

// buildKey is the part of an id that is the build's.
func buildKey(id string) string {
	parts := strings.Split(id, ":")
	if len(parts) < 2 {
		return ""
	}
	return strings.Join(parts[len(parts)-2:], ":")
}

// runOf is what a deployment says of its build.
func runOf(job string, numbers string) string { return job + "#" + numbers }

// numbersOf are the build's number, or those that an unseen run stands for, both included; 0 where it is not told.
func numbersOf(d *dora.Deployment) (from, to int64) {
	at := strings.LastIndexByte(d.Run, '#')
	first, last, several := strings.Cut(d.Run[at+1:], "-")
	from, err := strconv.ParseInt(first, 10, 64)
	if at < 0 || err != nil {
		return 0, 0
	}
	if !several {
		return from, from
	}
	if to, err = strconv.ParseInt(last, 10, 64); err != nil {
		return 0, 0
	}
	return from, to
}
