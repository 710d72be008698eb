package github

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// Deployments are read into every environment. Only those that a service may count are followed: to commits off the default
// branch, and to the names of refs that are gone.

// counts says whether a deployment is followed to its commits, and serving what decides that.
func (s *repositorySync) counts(d *dora.Deployment) bool {
	return s.config.Counts(d.Repository, d.Environment)
}

// serve has deployments read again that are counted in another way than when they were read: commits of some were not
// followed, and refs not looked for. Over REST that is a request for each, so that it is done where commits were left.
func (s *repositorySync) serve() {
	p := s.state
	if p.Deployments.Page != "" { // what was passed over before the break is not remembered
		p.PassedOver = true
	}
	serving := s.config.Serving(s.part)
	if p.Serving == serving {
		return
	}
	cheap := s.from() == FromDeployments && !s.overREST()
	if p.PassedOver || (cheap && p.Deployments.Done) {
		p.Deployments, p.Settled, p.PassedOver = cursor.Stream{}, nil, false
		delete(p.ETags, deploymentList)
	}
	p.Serving = serving
}

func (s *repositorySync) overREST() bool {
	_, only := s.reader.(rest)
	return only
}

// follow has a deployment's commit found, where a service may count the deployment: previews are deployed by the thousand
// from commits that no branch leads to any more.
func (s *repositorySync) follow(d *dora.Deployment) {
	if s.counts(d) {
		s.state.deployed(d.SHA)
		return
	}
	if !s.branch.has(d.SHA) {
		s.passed[d.SHA] = true
	}
}

// passOver notes whether commits were left unread, once the branch is read as far as it goes.
func (s *repositorySync) passOver() {
	for sha := range s.passed {
		if !s.branch.has(sha) {
			s.state.PassedOver = true
			return
		}
	}
}
