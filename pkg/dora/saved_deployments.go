package dora

// The form in which a repository's deployments are saved. They are read together, and lie together in memory, where each
// would be half a dozen pieces otherwise: there are a hundred thousand to read before the first answer.

func (w *saver) deploymentsOf(r *savedRepository) {
	statuses := 0
	for _, d := range r.deployments {
		statuses += len(d.Statuses)
	}
	w.number(statuses)
	for _, d := range r.deployments {
		w.deployments[d] = len(w.deployments)
		w.told(d)
	}
}

func (w *saver) told(d *Deployment) {
	for _, text := range []string{d.ID, d.SHA, d.Ref, d.URL, d.Source, d.Repository, d.Environment, d.Task, string(d.RefKind), d.Creator, d.Run} {
		w.text(text)
	}
	w.truths(d.Landing)
	w.number(d.Rank)
	w.number(int(d.Number))
	w.time(d.Updated)
	w.time(d.Created)
	w.truths(d.Retried)
	w.number(len(d.Statuses))
	for _, s := range d.Statuses {
		w.text(string(s.State))
		w.time(s.At)
	}
}

// savedDeployments are those of a repository, and where they lie.
type savedDeployments struct {
	of           *repository
	count        int
	offset, size int64
}

// deploymentsOf reads the deployments of all repositories, in the order in which they were written, and puts each with its
// repository.
func (r *restorer) deploymentsOf(all []savedDeployments) (told []*Deployment) {
	begins := make([]int, len(all)+1)
	for i := range all {
		begins[i+1] = begins[i] + all[i].count
		all[i].offset, r.offset = r.offset, r.offset+all[i].size
	}
	told = make([]*Deployment, begins[len(all)])
	r.each(len(all), func(part *restorer, i int) {
		part.rest = part.summed(all[i].offset, all[i].size)
		part.tellAll(all[i].of, told[begins[i]:begins[i+1]])
	})
	if r.failure != nil {
		return nil
	}
	return told
}

func (r *restorer) tellAll(of *repository, told []*Deployment) {
	statuses := make([]DeploymentStatus, 0, r.length())
	if len(told) > len(r.rest) { // each takes a byte or more
		r.fail()
		return
	}
	of.deployments = make(map[string]*Deployment, len(told))
	together := make([]Deployment, len(told))
	for i := range together {
		d := &together[i]
		for _, text := range []*string{&d.ID, &d.SHA, &d.Ref, &d.URL} {
			r.want(text, &r.reader)
		}
		d.Source, d.Repository, d.Environment, d.Task, d.RefKind, d.Creator = r.word(), r.word(), r.word(), r.word(), RefKind(r.word()), r.word()
		r.want(&d.Run, &r.reader)
		d.Landing = r.truths()[0]
		d.Rank, d.Number = r.number(), int64(r.number())
		d.Updated, d.Created = r.time(), r.time()
		d.Retried = r.truths()[0]
		begin := len(statuses)
		for range r.length() {
			statuses = append(statuses, DeploymentStatus{DeploymentState(r.word()), r.time()})
		}
		if len(statuses) > begin {
			d.Statuses = statuses[begin:len(statuses):len(statuses)]
		}
		told[i] = d
	}
	r.give()
	for _, d := range told {
		of.deployments[within(d.ID, d.Repository)] = d
	}
	if len(r.rest) > 0 {
		r.fail()
	}
}
