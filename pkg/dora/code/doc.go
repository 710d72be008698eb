// Package code is the history of one repository's code: its commits, the graph that they make, its main line, and the
// changes that landed there. It knows the vocabulary, and neither services nor deployments nor what is measured.
//
// There is far more code than anything else, so all of it is kept packed, in a tenth of the memory; what is worked on is
// unpacked, and a Pool keeps that unpacked which was worked on last.
package code
