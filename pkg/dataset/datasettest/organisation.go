// Package datasettest is a tiny organisation whose every figure can be worked out by hand, for tests of what answers
// questions. It knows the domain's events and the stores.
package datasettest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

// Source is the id of the source that the events are of.
const Source = "github"

// The repositories.
const (
	Booking = "example-health/booking"
	Records = "example-health/records"
)

// Services are the organisation's services as settings have them: booking of team access, records of team care.
const Services = `[
	{"name":"booking","team":"access","deployments":[{"source":"github","repository":"example-health/booking"}],
	 "incidents":[{"source":"github","repository":"example-health/booking"}]},
	{"name":"records","team":"care","deployments":[{"source":"github","repository":"example-health/records"}]}]`

// Year is the year in which it all happened, long enough ago that every bucket is whole and mature.
const Year = 2024

// At is a time of that year, such as "Jan 02 15:04" in UTC.
func At(text string) time.Time {
	at, err := time.Parse("2006 Jan 02 15:04", fmt.Sprintf("%d %s", Year, text))
	if err != nil {
		panic(err)
	}
	return at
}

// SHA is a commit's, from a short name of hexadecimal digits.
func SHA(name string) string { return name + strings.Repeat("0", 40-len(name)) }

// Events are all that happened. In production:
//
//	booking  101  Jan 01 10:00  b0  the first
//	         102  Jan 03 09:00  b1  ships #1: 24 h, of which coding, pickup and review 3 h each
//	         103  Jan 08 21:00  b2  ships #2: 12 h, unreviewed; incident 501 an hour later, resolved after 4 h
//	         104  Jan 16 09:00  b3  ships #3, by a machine
//	         106  Jan 17 09:00  b2  a rollback: 104 had failed, for 24 h
//	         105  Jan 20 09:00  b3  never succeeded
//	records  201  Jan 05 09:00  c0  the first
//	         202  Feb 01 09:00  c1  ships #7: 48 h
//
// Change #4 of booking is merged and waits; 110 went to staging; incident 502 opened when nothing was new.
func Events() []dora.Event {
	return []dora.Event{
		&dora.Repository{Header: head(Booking, "Feb 01 09:00"), Name: Booking, DefaultBranch: "main", HeadSHA: SHA("b4")},
		commit(Booking, "b0", "", "dev-01", "Jan 01 08:00"),
		commit(Booking, "b1", "b0", "dev-01", "Jan 02 18:00"),
		commit(Booking, "b2", "b1", "dev-02", "Jan 08 12:00"),
		commit(Booking, "b3", "b2", "dependabot[bot]", "Jan 15 09:00"),
		commit(Booking, "b4", "b3", "dev-02", "Jan 30 09:00"),
		&dora.Change{
			Header: head(Booking+":change:1", "Jan 02 18:00"), Repository: Booking, Number: 1, Title: "Offer the next free slot", Author: "dev-01",
			URL: "https://github.example/example-health/booking/pull/1", Base: "main", Branch: "slots", Opened: At("Jan 02 12:00"), Merged: At("Jan 02 18:00"),
			MergeCommit: SHA("b1"), Commits: []dora.ChangeCommit{{SHA: SHA("f1"), Authored: At("Jan 02 09:00")}},
			Reviews: []dora.Review{{Author: "dev-02", State: dora.ReviewApproved, At: At("Jan 02 15:00")}},
		},
		change(2, "Remember the last search", "dev-02", "b2", "Jan 08 09:00", "Jan 08 10:00", "Jan 08 12:00"),
		change(3, "Bump a library", "dependabot[bot]", "b3", "Jan 15 07:00", "Jan 15 08:00", "Jan 15 09:00"),
		change(4, "Print a confirmation", "dev-02", "b4", "Jan 29 09:00", "Jan 29 10:00", "Jan 30 09:00"),
		deployment(Booking, 101, "production", "b0", "v1.0", "Jan 01 10:00"),
		deployment(Booking, 102, "production", "b1", "v1.1", "Jan 03 09:00"),
		deployment(Booking, 110, "staging", "b2", "main", "Jan 08 20:00"),
		deployment(Booking, 103, "production", "b2", "v1.2", "Jan 08 21:00"),
		deployment(Booking, 104, "production", "b3", "v1.3", "Jan 16 09:00"),
		deployment(Booking, 106, "production", "b2", "v1.2", "Jan 17 09:00"),
		failedRun(105, "b3", "Jan 20 09:00"),
		&dora.Incident{
			Header: head(Booking+":incident:501", "Jan 09 01:00"), Repository: Booking, Number: 501, Title: "Searches time out", Labels: []string{"incident", "sev2"}, Severity: "2",
			URL: "https://github.example/example-health/booking/issues/501", Opened: At("Jan 08 22:00"), Resolved: At("Jan 09 01:00"),
		},
		&dora.Incident{
			Header: head(Booking+":incident:502", "Jan 25 09:00"), Repository: Booking, Number: 502, Title: "A certificate ran out", Labels: []string{"incident"},
			URL: "https://github.example/example-health/booking/issues/502", Opened: At("Jan 25 09:00"),
		},

		&dora.Repository{Header: head(Records, "Feb 01 09:00"), Name: Records, DefaultBranch: "main", HeadSHA: SHA("c1")},
		commit(Records, "c0", "", "dev-03", "Jan 05 08:00"),
		commit(Records, "c1", "c0", "dev-03", "Jan 31 09:00"),
		&dora.Change{
			Header: head(Records+":change:7", "Jan 31 09:00"), Repository: Records, Number: 7, Title: "Show allergies first", Author: "dev-03",
			URL: "https://github.example/example-health/records/pull/7", Base: "main", Branch: "allergies", Opened: At("Jan 30 12:00"), Merged: At("Jan 31 09:00"),
			MergeCommit: SHA("c1"), Commits: []dora.ChangeCommit{{SHA: SHA("f7"), Authored: At("Jan 30 09:00")}},
		},
		deployment(Records, 201, "production", "c0", "", "Jan 05 09:00"),
		deployment(Records, 202, "production", "c1", "", "Feb 01 09:00"),
	}
}

func head(id, updated string) dora.Header {
	return dora.Header{Source: Source, ID: id, Updated: At(updated)}
}

func commit(repository, name, parent, author, at string) dora.Event {
	parents := []string{}
	if parent != "" {
		parents = append(parents, SHA(parent))
	}
	return &dora.Commit{
		Header: head(repository+"@"+SHA(name), at), Repository: repository, SHA: SHA(name), Parents: parents,
		Authored: At(at), Committed: At(at), Author: author,
	}
}

func change(number int, title, author, landed, coded, opened, merged string) dora.Event {
	return &dora.Change{
		Header: head(fmt.Sprintf("%s:change:%d", Booking, number), merged), Repository: Booking, Number: number, Title: title, Author: author,
		URL: fmt.Sprintf("https://github.example/example-health/booking/pull/%d", number), Base: "main", Branch: fmt.Sprintf("work-%d", number), Opened: At(opened), Merged: At(merged),
		MergeCommit: SHA(landed), Commits: []dora.ChangeCommit{{SHA: SHA(fmt.Sprintf("f%d", number)), Authored: At(coded)}},
	}
}

func deployment(repository string, number int64, environment, sha, ref, finished string) dora.Event {
	d := &dora.Deployment{
		Header: head(fmt.Sprintf("%s:deployment:%d", repository, number), finished), Repository: repository, Number: number, Environment: environment,
		SHA: SHA(sha), Ref: ref, Created: At(finished).Add(-5 * time.Minute), Creator: "github-actions[bot]",
		URL:      fmt.Sprintf("https://github.example/%s/deployments/%d", repository, number),
		Statuses: []dora.DeploymentStatus{{State: dora.StateRunning, At: At(finished).Add(-4 * time.Minute)}, {State: dora.StateSuccess, At: At(finished)}},
	}
	if strings.HasPrefix(ref, "v") {
		d.RefKind = dora.RefTag
	}
	return d
}

func failedRun(number int64, sha, at string) dora.Event {
	d := deployment(Booking, number, "production", sha, "v1.3", at).(*dora.Deployment)
	d.Statuses[1].State = dora.StateFailure
	return d
}

// Fill writes events into a SQLite file, as a collector would have.
func Fill(t testing.TB, path, dataset string, events ...dora.Event) {
	t.Helper()
	filled, err := sqlite.Open(context.Background(), path, dataset)
	require.NoError(t, err)
	_, err = filled.Apply(context.Background(), store.Batch{Events: events})
	require.NoError(t, err)
	require.NoError(t, filled.Close())
}
