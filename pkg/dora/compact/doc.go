// Package compact writes numbers, texts and times in few bytes, and reads them again. Stored events, packed code and saved
// histories are made of it. It knows what none of them means.
package compact
