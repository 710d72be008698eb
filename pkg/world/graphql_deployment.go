package world

import "fmt"

func defineDeployment() {
	define("Deployment", []string{"Node"}, map[string]*field{
		"id":                  leaf(func(d *deployment) any { return nodeID("Deployment", d.id) }),
		"databaseId":          leaf(func(d *deployment) any { return d.id }),
		"commitOid":           leaf(func(d *deployment) any { return d.commit.sha }),
		"commit":              on("Commit", func(d *deployment) any { return d.commit }),
		"environment":         leaf(func(d *deployment) any { return d.environment }),
		"originalEnvironment": leaf(func(d *deployment) any { return d.environment }),
		"latestEnvironment":   leaf(func(d *deployment) any { return d.environment }),
		"task":                leaf(func(*deployment) any { return "deploy" }),
		"state":               leaf(func(d *deployment) any { return d.state() }),
		"createdAt":           leaf(func(d *deployment) any { return stamp(d.created) }),
		"updatedAt":           leaf(func(d *deployment) any { return stamp(d.updated) }),
		"description":         leaf(func(d *deployment) any { return orNullText(d.description) }),
		"payload":             leaf(func(*deployment) any { return "{}" }),
		"creator":             on("Actor", func(d *deployment) any { return orNull(d.creator) }),
		"repository":          on("Repository", func(d *deployment) any { return d.repo }),
		"ref":                 on("Ref", func(d *deployment) any { return orNull(d.repo.ref(d.ref)) }),
		"latestStatus":        on("DeploymentStatus", func(d *deployment) any { return orNull(d.latest()) }),
		"statuses": many("DeploymentStatus", nil, func(d *deployment, a arguments) (any, error) {
			items := make([]item, len(d.statuses))
			for i, s := range d.statuses {
				items[i] = item{key: int64(i), value: s}
			}
			return paged(a, items, true)
		}),
	})
	define("DeploymentStatus", []string{"Node"}, map[string]*field{
		"id":             leaf(func(s *status) any { return nodeID("DeploymentStatus", s.id) }),
		"state":          leaf(func(s *status) any { return s.state }),
		"createdAt":      leaf(func(s *status) any { return stamp(s.at) }),
		"updatedAt":      leaf(func(s *status) any { return stamp(s.at) }),
		"creator":        on("Actor", func(s *status) any { return orNull(s.creator) }),
		"deployment":     on("Deployment", func(s *status) any { return s.deployment }),
		"environment":    leaf(func(s *status) any { return s.deployment.environment }),
		"description":    leaf(func(*status) any { return nil }),
		"logUrl":         leaf(func(s *status) any { return s.deployment.logURL() }),
		"environmentUrl": leaf(func(s *status) any { return s.deployment.environmentURL() }),
	})
}

// logURL is the page of the workflow run that deployed.
func (d *deployment) logURL() string {
	return fmt.Sprintf("%s/actions/runs/%d", d.repo.htmlURL(), d.runID())
}

func (d *deployment) environmentURL() string {
	return fmt.Sprintf("https://%s.%s.example.org", d.environment, d.repo.name)
}

// runID is the workflow run that made the deployment.
func (d *deployment) runID() int64 { return d.id*3 + 1 }
