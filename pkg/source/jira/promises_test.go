package jira_test

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/jira"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// town is a tiny Jira in which time goes on.
type town struct {
	*tiny
	step int
}

func newTown(inCloud bool) *town {
	w := &town{tiny: newTiny(inCloud)}
	w.cap = 20
	for n := range 60 {
		i := w.open(1000+n, "OPS-"+strconv.Itoa(n+1), "02 10:"+strconv.Itoa(n%50+10)).set("customfield_1", row{"value": "Sev 2"})
		if n%2 == 0 {
			i.to(working, "02 12:00").to(solved, "02 13:"+strconv.Itoa(n%50+10)).to(closed, "03 09:00")
		}
	}
	w.open(2000, "PAY-1", "02 08:00")
	return w
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return when("05 00:00").AddDate(0, 0, w.step)
}

// pass lets a day go by: something breaks, something is mended, reopened or renamed, and an old bug turns out to be an incident.
func (w *town) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step++
	day := strconv.Itoa(100 + 4 + w.step)[1:]
	w.open(3000+w.step, "PAY-"+strconv.Itoa(100+w.step), day+" 08:00")
	w.issues[2*w.step+1].to(solved, day+" 09:00")
	w.issues[4*w.step].to(opened, day+" 10:00")
	w.issues[20+w.step].edit("summary", "It is down again", day+" 11:00")
	late := w.open(4000+w.step, "OPS-"+strconv.Itoa(500+w.step), "01 08:00")
	late.changed(day+" 12:00", row{"field": "issuetype", "fieldId": "issuetype"})
	late.duplicates(w.issues[1], day+" 12:30")
}

func (w *town) system() *sourcetest.System {
	gone := func(take func(*tinyIssue)) func(*testing.T) (dora.Kind, string) {
		return func(*testing.T) (dora.Kind, string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			i := w.issues[7]
			take(i)
			return dora.KindIncident, "issue:" + i.id
		}
	}
	return &sourcetest.System{
		Handler: w, Now: w.now, Pass: w.pass,
		Holds: func() map[dora.Kind]int {
			w.mu.Lock()
			defer w.mu.Unlock()
			count := 0
			for _, i := range w.issues {
				if i.kind == "100" && i.project != "HR" {
					count++
				}
			}
			return map[dora.Kind]int{dora.KindIncident: count}
		},
		Delete: map[string]func(*testing.T) (dora.Kind, string){
			"an issue is deleted": gone(func(*tinyIssue) { w.issues = append(w.issues[:7:7], w.issues[8:]...) }),
			"an issue gets another type": gone(func(i *tinyIssue) {
				i.kind = "101"
				i.changed("04 08:00", row{"field": "issuetype", "fieldId": "issuetype"})
			}),
			"an issue moves somewhere else": gone(func(i *tinyIssue) { i.project, i.key = "HR", "HR-1"; i.changed("04 08:00", row{"field": "Key"}) }),
		},
	}
}

func TestJiraKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	for _, edition := range []string{cloud, dataCenter} {
		t.Run(edition, func(t *testing.T) {
			t.Parallel()
			shown := replayToken
			if edition == cloud {
				shown = base64.StdEncoding.EncodeToString([]byte(replayEmail + ":" + replayToken))
			}
			sourcetest.Run(t, sourcetest.Subject{
				Start: func(*testing.T) *sourcetest.System { return newTown(edition == cloud).system() },
				Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
					own := settings(address, edition)
					own.Projects = []string{"OPS", "PAY"}
					given := source.Given{ID: "jira", Client: client, Secrets: map[string]string{"token": replayToken}}
					if edition == cloud {
						given.Secrets = map[string]string{"apiToken": replayToken}
					}
					return jira.New(given, own, jira.WithPace(func(p *wire.Pace) { *p = pace }))
				},
				Secrets: []string{replayToken, shown},
				Marks:   map[string]string{"X-AREQUESTID": "1"},
				Refusals: map[string]sourcetest.Refusal{
					"429 with a reset to the minute": func(w http.ResponseWriter, now time.Time) time.Duration {
						w.Header().Set("X-RateLimit-Reset", now.Add(30*time.Second).UTC().Format("2006-01-02T15:04Z"))
						w.Header().Set("RateLimit-Reason", "jira-burst-based")
						w.WriteHeader(http.StatusTooManyRequests)
						return time.Minute
					},
				},
				Idle: 11, // four pages of ids, and two of what changed last, all at one time
			})
		})
	}
}
