// Package rule evaluates provisioned alert rules as Grafana would: it asks each rule's query, holds the frames to what
// alerting accepts, and applies the rule's expressions. It knows the form of Grafana's provisioning files and nothing of the
// figures.
package rule
