// Package statuspage reads incidents from Statuspage: what the public was told of interruptions.
//
// Nothing tells which incidents have changed or were deleted, so that every reading lists each page whole, the newest first, a
// hundred at a time, and one request a second. What is as it was is not handed over again.
//
// Without a key a page shows its fifty newest incidents. That is no history: its incidents begin with the oldest of them.
package statuspage
