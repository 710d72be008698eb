// Package grafanairm reads incidents from Grafana IRM.
//
// Its API is asked by POST. Previews of incidents are listed, a hundred at a time: all of them where they are few, and once a day
// where they are many, since nothing tells of one that was deleted; in between those that were modified.
package grafanairm
