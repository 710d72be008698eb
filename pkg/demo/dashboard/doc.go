// Package dashboard runs classic dashboard JSON without a browser: it fills in variables and times as Grafana's frontend
// would, asks every target of every panel, and checks the answers. The demo prints them, tests hold dashboards to them. It
// knows the SDK's queries and frames and our plugin's id, and nothing of metrics.
package dashboard
