package jenkins_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/jenkins"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const conformanceToken = "jenkins-conformance-secret-0123456789"

// town is a tiny controller in which time goes on.
type town struct {
	*tiny
	step int
	open row
}

func newTown() *town {
	w := &town{tiny: newTiny("deploy/api", "deploy/web", "deploy/other")}
	for i := range 130 {
		w.run("deploy/api", fmt.Sprint("c", i), fmt.Sprintf("0%d %02d:%02d", 1+i/100, 1+(i%100)/10, i%10*5), []string{"SUCCESS", "FAILURE", "UNSTABLE", "ABORTED", "SUCCESS"}[i%5], 3)
	}
	for i := range 5 {
		w.run("deploy/web", fmt.Sprint("d", i), fmt.Sprintf("02 1%d:00", i), "SUCCESS", 3, data(fmt.Sprint("d", i), "main", "git@github.com:care/web.git"))
	}
	w.jobs["deploy/api"].builds = append(w.jobs["deploy/api"].builds[:7], w.jobs["deploy/api"].builds[9:]...) // two were discarded
	w.open = w.run("deploy/api", "o", "03 10:00", "", 0)
	return w
}

func (w *town) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return when("05 00:00").AddDate(0, 0, w.step)
}

// pass lets a day go by: what ran has ended, more is built and some is discarded.
func (w *town) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step++
	end(w.open, "SUCCESS", 30+w.step)
	at := fmt.Sprintf("%02d", 4+w.step)
	w.run("deploy/api", "e"+strconv.Itoa(w.step), at+" 08:00", "SUCCESS", 5)
	w.run("deploy/web", "f"+strconv.Itoa(w.step), at+" 08:30", "SUCCESS", 5, data("f"+strconv.Itoa(w.step), "main", "ssh://git@github.com:22/care/web"))
	w.open = w.run("deploy/api", "g"+strconv.Itoa(w.step), at+" 09:00", "", 0)
}

func (w *town) system() *sourcetest.System {
	jobs := map[string]string{"deploy/api": "/job/deploy/job/api/", "deploy/web": "/job/deploy/job/web/"}
	return &sourcetest.System{
		Handler: w, Now: w.clock, Pass: w.pass,
		Parts: []string{"deploy/api", "deploy/web"},
		About: func(r *http.Request, _ []byte, part string) bool { return strings.HasPrefix(r.URL.Path, jobs[part]) },
		Unseen: map[string]http.HandlerFunc{
			"it is not there": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(http.StatusNotFound)
			},
			"a permission is missing": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-You-Are-Authenticated-As", replayUser)
				w.Header().Set("X-Required-Permission", "hudson.model.Item.Read")
				w.WriteHeader(http.StatusForbidden)
			},
		},
	}
}

func TestJenkinsKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System { return newTown().system() },
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			own := production()
			own.URL, own.Repositories = address, []string{"health/api", "care/*"}
			given := source.Given{ID: "jenkins", Client: client, Secrets: map[string]string{"token": conformanceToken}}
			return jenkins.New(given, own, jenkins.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{base64.StdEncoding.EncodeToString([]byte(replayUser + ":" + conformanceToken)), conformanceToken},
	})
}
