// Package monitor shows how Live DORA itself is doing, as Prometheus metrics on Grafana's page /metrics/plugins/<id>. It
// reads the books that collectors and datasets keep anyway, whenever Prometheus asks, so that both always say the same as
// the query type `collection`, and a data source that is closed leaves no series behind. Only what nobody else counts is
// counted here. It is the one package that knows Prometheus.
package monitor
