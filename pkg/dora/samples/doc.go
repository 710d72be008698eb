// Package samples keeps the samples of one metric of one service: at which time how much, in order of time and in columns
// that are small and quick to read. It knows no metric.
package samples
