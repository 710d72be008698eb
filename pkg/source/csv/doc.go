// Package csv reads a list of who owns what, in CSV, from an address: a file in a repository, a page of a spreadsheet, whatever an
// organisation keeps.
//
// A list that the host says is as it was is not read again. A line that cannot be read costs itself alone: the run says so, and
// nothing is taken away, since nobody knows what the line was about.
package csv
