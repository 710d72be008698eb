// Package demo shows the product at work on an invented organisation: in Grafana from a container, in a Grafana of this
// machine, or without any Grafana in the terminal. It may use the invented organisation, the settings and the SDK; figures
// it takes from the built plugin alone, over the protocol that Grafana speaks.
package demo
