// Package lineage follows the commits of a repository: which of them are handed over with all that leads to them, which
// commits to remember so that a later run knows where to stop, and what the first deployment of a service leaves for later
// ones to ship. It asks nobody. A source reads commits, newest first, and adds them to a Graph; what it remembers between
// runs are Anchors.
package lineage
