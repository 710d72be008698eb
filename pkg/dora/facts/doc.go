// Package facts derives facts from a history under a definition: what each deployment of a service shipped, how long each
// change took, which deployments failed, how they recovered and which were unplanned, each with its evidence, and what
// could not be measured, with the reason. Each of the five metrics has a file that is named after it; the formula is there
// and nowhere else. What belongs to a bucket, a window or a statistic is for package figures.
//
// The same events and the same definition always give the same facts, in whatever order the events arrive.
package facts
