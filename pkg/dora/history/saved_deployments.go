package history

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// The form in which a repository's deployments are saved. They are read together, and lie together in memory, where each
// would be half a dozen pieces otherwise: there are a hundred thousand to read before the first answer.

// writeDeploymentsOf writes the deployments of a repository.
func (s *Saved) writeDeploymentsOf(w *compact.Writer, r *savedRepository) {
	statuses := 0
	for _, d := range r.deployments {
		statuses += len(d.Statuses)
	}
	w.Number(statuses)
	for _, d := range r.deployments {
		s.deployments[d] = len(s.deployments)
		writeDeployment(w, d)
	}
}

func writeDeployment(w *compact.Writer, d *dora.Deployment) {
	for _, text := range []string{d.ID, d.SHA, d.Ref, d.URL, d.Source, d.Repository, d.Environment, d.Tier, d.Task, string(d.RefKind), d.Creator, d.Run} {
		w.Text(text)
	}
	more := d.Key != "" || !d.Recovered.IsZero() || d.Unseen != 0
	w.Truths(d.Landing, more)
	if more {
		w.Text(d.Key)
		w.Time(d.Recovered)
		w.Number(d.Unseen)
	}
	w.Number(d.Rank)
	w.Number(int(d.Number))
	w.Time(d.Updated)
	w.Time(d.Created)
	w.Truths(d.Retried)
	w.Number(len(d.Statuses))
	for _, s := range d.Statuses {
		w.Text(string(s.State))
		w.Time(s.At)
	}
}

// savedDeployments are those of a repository, and where they lie.
type savedDeployments struct {
	of           *Repository
	count        int
	offset, size int64
}

// deploymentsOf reads the deployments of all repositories, in the order in which they were written, and puts each with its
// repository.
func (r *Restorer) deploymentsOf(all []savedDeployments) (told []*dora.Deployment) {
	begins := make([]int, len(all)+1)
	for i := range all {
		begins[i+1] = begins[i] + all[i].count
		all[i].offset, r.Offset = r.Offset, r.Offset+all[i].size
	}
	told = make([]*dora.Deployment, begins[len(all)])
	r.Each(len(all), func(part *Restorer, i int) {
		part.Rest = part.Section(all[i].offset, all[i].size)
		part.tellAll(all[i].of, told[begins[i]:begins[i+1]])
	})
	if r.Failure != nil {
		return nil
	}
	return told
}

func (r *Restorer) tellAll(of *Repository, told []*dora.Deployment) {
	statuses := make([]dora.DeploymentStatus, 0, r.Length())
	if len(told) > len(r.Rest) { // each takes a byte or more
		r.Fail()
		return
	}
	of.Deployments = make(map[string]*dora.Deployment, len(told))
	together := make([]dora.Deployment, len(told))
	for i := range together {
		d := &together[i]
		for _, text := range []*string{&d.ID, &d.SHA, &d.Ref, &d.URL} {
			r.Want(text, &r.Reader)
		}
		d.Source, d.Repository, d.Environment, d.Tier, d.Task, d.RefKind, d.Creator = r.Word(r.Shared), r.Word(r.Shared), r.Word(r.Shared), r.Word(r.Shared), r.Word(r.Shared), dora.RefKind(r.Word(r.Shared)), r.Word(r.Shared)
		r.Want(&d.Run, &r.Reader)
		is := r.Truths()
		if d.Landing = is[0]; is[1] {
			r.Want(&d.Key, &r.Reader)
			d.Recovered, d.Unseen = r.Time(), r.Number()
		}
		d.Rank, d.Number = r.Number(), int64(r.Number())
		d.Updated, d.Created = r.Time(), r.Time()
		d.Retried = r.Truths()[0]
		begin := len(statuses)
		for range r.Length() {
			statuses = append(statuses, dora.DeploymentStatus{State: dora.DeploymentState(r.Word(r.Shared)), At: r.Time()})
		}
		if len(statuses) > begin {
			d.Statuses = statuses[begin:len(statuses):len(statuses)]
		}
		told[i] = d
	}
	r.Give()
	for _, d := range told {
		of.Deployments[within(d.ID, d.Repository)] = d
	}
	if len(r.Rest) > 0 {
		r.Fail()
	}
}
