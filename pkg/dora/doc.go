// Package dora is the domain: what happened (events), what it means (facts) and how much of it there was (series).
//
// It is the floor of the house. It does no I/O but through readers and writers that it is given to save a history in and
// to restore it from, knows neither Grafana nor any vendor nor a store, and imports
// nothing else of this module. The same events and the same definition always give the same facts, in whatever
// order the events arrive; every formula of a metric lives here and nowhere else.
package dora
