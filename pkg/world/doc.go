// Package world is an invented organisation, grown from a seed, that speaks the APIs of GitHub and of other systems over
// HTTP. The demo and the tests collect from it as they would from the real things.
//
// Nothing in it is a prepared answer: people write commits, open pull requests, wait for reviews, release, break things
// and repair them, one event after another on a simulated clock. What the API shows at any moment is what has happened
// by then; Truth says what was planned, so that a measurement can be checked against it.
//
// It imports nothing of this project and, apart from the standard library, only gqlparser's parser.
package world
