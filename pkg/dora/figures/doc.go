// Package figures makes figures of facts: statistics of a metric's samples over buckets and windows of time, by service,
// team, environment, repository or severity, and what can be said of the series that they make: limits, signals,
// distributions, intervals. It knows facts and their samples, and nothing of how they came about.
package figures
