// Package backstage reads who owns what from the software catalogue of Backstage: its components, where their code is, and which
// group or person each belongs to. What was deployed, and with what success, other systems tell.
//
// Nothing tells what has changed in a catalogue, so that every reading lists it whole. What is as it was is not handed over
// again, and what is listed no more is withdrawn. A catalogue that shows nothing at all where it had something has lost nothing: it
// hides what a token may not see.
package backstage
