// Package sink is the contract between the places that figures are delivered to and all who know of them: how points are
// written there and taken away, for who delivers, and what a kind of sink declares of itself, for settings and documentation.
// One sub-package speaks to one kind; none of them knows another, a store, how figures are worked out, or Grafana.
package sink

import (
	"context"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Sink is one configured place. It is safe for one user at a time.
type Sink interface {
	// Write has points be there. It is idempotent: a point that is there already, by its Series and Start, is replaced, and
	// one that is written twice is there once. Where it returns an error, any of the points may be there. Errors are *Error.
	Write(ctx context.Context, points []Point) error
	// Remove has points be there no longer. What is not there is no mistake. Errors are *Error.
	Remove(ctx context.Context, gone []Gone) error
	// Sweep removes all points of this data set from a time on, whoever wrote them. Errors are *Error.
	Sweep(ctx context.Context, from time.Time) error
	// Check asks whether address, credentials and database work, and writes nothing. Errors are *Error.
	Check(ctx context.Context) (Condition, error)
}

// Condition is what a sink tells of itself.
type Condition struct {
	// Version is what it says it is; empty: it does not say.
	Version string
	// Keeps is how long it keeps points; 0: without end, or it does not say.
	Keeps time.Duration
	// Ahead is by how much its clock is ahead of ours; negative: behind. 0: it does not say.
	Ahead time.Duration
}

// Group is whose figures a series has. What does not belong to Level is empty.
type Group struct {
	Level       Level
	Service     string
	Team        string
	Environment string
}

// Series is one statistic of one metric of a group, over buckets of one length.
type Series struct {
	Group
	Bucket    Bucket
	Metric    dora.Metric
	Statistic dora.Statistic
}

// Point is one figure: that of the bucket that begins at Start. What has no value, such as the median of nothing, is no point.
type Point struct {
	Series
	Start time.Time
	// Value is in the statistic's unit: seconds, a count, or a ratio of 0 to 1.
	Value float64
	// N is how many events it rests on, and K, of metrics that are ratios, how many of them count.
	N, K int
	// Ratio says that K means something.
	Ratio bool
	// Partial and Immature are what answers to queries say of the same point.
	Partial, Immature bool
}

// Gone are the points of one group and one length of bucket whose Start lies from From to To, both inclusive.
type Gone struct {
	Group
	Bucket   Bucket
	From, To time.Time
	// Metric and Statistic name one series of the group; empty: all.
	Metric    dora.Metric
	Statistic dora.Statistic
}

// Of says whether it means a series.
func (g *Gone) Of(s *Series) bool {
	return g.Group == s.Group && g.Bucket == s.Bucket && (g.Metric == "" || g.Metric == s.Metric && g.Statistic == s.Statistic)
}
