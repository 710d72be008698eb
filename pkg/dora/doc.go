// Package dora is the vocabulary of the domain: what happened (events), whose it is (services and their mapping), how it is
// read (definitions, metrics, statistics, filters), and what people say of it (corrections). It is the floor of the house:
// it knows neither Grafana nor any vendor nor a store, and every other package may use its words.
//
// What is done with events is in the packages within, each of which knows only those before it:
//
//	code     a repository's commits and changes: the graph, the main line, packed and unpacked
//	history  all that was told of a dataset, as its newest versions tell it
//	facts    what a history means under a definition: the five metrics, by formula and evidence
//	figures  statistics of facts over buckets and windows of time, and what can be said of them
//
// Package samples is what facts hand to figures; compact and effort are tools of all of them.
package dora
