// Package history is all that the sources told of one dataset, ready to be derived from: repositories with their code and
// deployments, incidents, and what people said, each as its newest version tells it. It knows which services the settings
// make of it, what a name means by now, which deployments are legs of one run and which a text names. It measures nothing.
package history
