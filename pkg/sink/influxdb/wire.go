package influxdb

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/livedora/dora-datasource/pkg/sink"
	sourcewire "github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	// answerLimit bounds an answer, in bytes.
	answerLimit = 64 << 20
	// attemptTime is how long one attempt may take, and retries how often a request is sent again that was lost or came at a
	// bad moment. Who delivers tries again after that, for as long as it takes.
	attemptTime             = 20 * time.Second
	retries                 = 2
	firstBreak, longestWait = 300 * time.Millisecond, 3 * time.Second
)

// wire carries requests to one InfluxDB. Only the configured host is sent the credentials.
type wire struct {
	id, url                string
	user, password, token  string
	database, policyInText string
	client                 *retryablehttp.Client
}

func newWire(given sink.Given, s Settings) *wire {
	kept := sourcewire.WithinHost(given.Client)
	if kept.Timeout <= 0 || kept.Timeout > attemptTime {
		kept.Timeout = attemptTime
	}
	c := retryablehttp.NewClient()
	c.HTTPClient, c.Logger, c.ErrorHandler = kept, nil, retryablehttp.PassthroughErrorHandler
	c.RetryMax, c.RetryWaitMin, c.RetryWaitMax = retries, firstBreak, longestWait
	c.Backoff = func(least, most time.Duration, attempt int, response *http.Response) time.Duration {
		return min(retryablehttp.DefaultBackoff(least, most, attempt, response), most) // also what Retry-After asks for
	}
	return &wire{
		id: given.ID, url: strings.TrimRight(s.URL, "/"), user: s.User, password: given.Secrets[secretPassword], token: given.Secrets[secretToken],
		database: s.Database, policyInText: s.RetentionPolicy, client: c,
	}
}

// answer is what came back, its body read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// genuine says whether InfluxDB itself answered, whose words may be repeated.
func (a *answer) genuine() bool {
	for _, header := range []string{"X-Influxdb-Version", "X-Influxdb-Build", "Cluster-Uuid"} {
		if a.header.Get(header) != "" {
			return true
		}
	}
	return false
}

// send makes one call. Lines are sent compressed.
func (w *wire) send(ctx context.Context, method, path string, parameters url.Values, body []byte) (*answer, error) {
	address := w.url + path
	if len(parameters) > 0 {
		address += "?" + parameters.Encode()
	}
	var payload any
	if path == "/write" {
		compressed, err := compress(body)
		if err != nil {
			return nil, err
		}
		payload = compressed
	} else if body != nil {
		payload = body
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, method, address, payload)
	if err != nil {
		return nil, w.failure(sink.CauseAddress, "the address cannot be used: enter https://HOST:PORT", nil)
	}
	request.Header.Set("User-Agent", "live-dora")
	switch {
	case path == "/write":
		request.Header.Set("Content-Type", "text/plain; charset=utf-8")
		request.Header.Set("Content-Encoding", "gzip")
	case body != nil:
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	switch {
	case w.user != "":
		request.SetBasicAuth(w.user, w.password)
	case w.token != "":
		request.Header.Set("Authorization", "Token "+w.token)
	}
	response, err := w.client.Do(request)
	if response != nil {
		defer func() { _ = response.Body.Close() }()
	}
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, w.failure(sink.CauseNetwork, "InfluxDB cannot be reached, or does not answer in time: check the address, the network and the proxy", err)
	}
	read, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil || len(read) > answerLimit:
		return nil, w.failure(sink.CauseNetwork, "InfluxDB's answer does not arrive whole: look for a proxy that cuts answers", err)
	}
	return &answer{response.StatusCode, response.Header, read}, nil
}

func compress(text []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err == nil {
		_, err = z.Write(text)
	}
	if err == nil {
		err = z.Close()
	}
	return b.Bytes(), err
}

// failure is the only maker of errors. It keeps secrets out of all their words, whatever a server echoes.
func (w *wire) failure(cause sink.Cause, advice string, err error) *sink.Error {
	if err != nil {
		err = concealed(sourcewire.Conceal(err.Error(), w.password, w.token))
	}
	return &sink.Error{Cause: cause, Sink: w.id, Advice: sourcewire.Conceal(advice, w.password, w.token), Err: err}
}

// concealed is an error of which nothing but its words is left.
type concealed string

func (c concealed) Error() string { return string(c) }

// refused makes a sentence of an answer that is no good.
func (w *wire) refused(a *answer) error {
	var told struct{ Error, Message string }
	if a.genuine() {
		_ = json.Unmarshal(a.body, &told) // what says nothing is told by its status
	}
	said := told.Error
	if said == "" {
		said = told.Message
	}
	if said == "" && a.genuine() {
		said = a.header.Get("X-Influxdb-Error")
	}
	return w.said(a, said)
}

var (
	dropped   = regexp.MustCompile(`dropped=(\d+)`)
	unparsed  = regexp.MustCompile(`(?s)unable to parse ['"](.*?)['"]:`)
	lineLimit = 200
)

// said makes a sentence of InfluxDB's words; they are empty where it was not InfluxDB that answered.
func (w *wire) said(a *answer, words string) error {
	status := strings.TrimSpace(fmt.Sprintf("status %d %s", a.status, http.StatusText(a.status)))
	var err error = concealed(status)
	if words != "" {
		err = concealed(status + ": " + sourcewire.Quote(sourcewire.Conceal(words, w.password, w.token)))
	}
	lower := strings.ToLower(words)
	some := "some points"
	if n := dropped.FindStringSubmatch(words); n != nil && n[1] != "0" {
		some = n[1] + " points"
	}
	switch {
	case a.status == http.StatusUnauthorized && strings.Contains(lower, "unable to parse authentication credentials"):
		return w.failure(sink.CauseCredentials, "InfluxDB asks for a log-in, and none is configured: enter a user and its password, or a token", err)
	case a.status == http.StatusUnauthorized:
		return w.failure(sink.CauseCredentials, "InfluxDB knows nobody by this log-in: enter the user and its password, or the token, again", err)
	case strings.Contains(lower, "retention policy not found"):
		return w.failure(sink.CauseDatabase, fmt.Sprintf("the database %q has no retention policy %q: make it, or leave retentionPolicy out", w.database, w.policyInText), err)
	case strings.Contains(lower, "database not found") || a.genuine() && a.status == http.StatusNotFound:
		return w.failure(sink.CauseDatabase, fmt.Sprintf("there is no database %q: make it (CREATE DATABASE), or name another; of InfluxDB 2, map its bucket to this name", w.database), err)
	case a.status == http.StatusForbidden || strings.Contains(lower, "not authorized"):
		return w.failure(sink.CausePermission, fmt.Sprintf("this log-in may not do this in the database %q: give it READ and WRITE", w.database), err)
	case strings.Contains(lower, "beyond retention policy"):
		return w.failure(sink.CauseRetention, some+" are older than the retention policy keeps, and InfluxDB dropped them: choose a policy that keeps them longer", err)
	case strings.Contains(lower, "max-series-per-database") || strings.Contains(lower, "max-values-per-tag") || strings.Contains(lower, "cardinality"):
		return w.failure(sink.CauseCardinality, "InfluxDB dropped "+some+", because the database has as many series, or a tag as many values, as it allows: raise max-series-per-database or max-values-per-tag, or deliver fewer levels, statistics or buckets", err)
	case strings.Contains(lower, "field type conflict"):
		return w.failure(sink.CauseConflict, "InfluxDB dropped "+some+", because something else wrote a field of this measurement with another type: name another measurement", err)
	case strings.Contains(lower, "unable to parse"):
		line := ""
		if found := unparsed.FindStringSubmatch(words); found != nil {
			line = fmt.Sprintf(" (%q)", found[1][:min(len(found[1]), lineLimit)])
		}
		return w.failure(sink.CauseLine, "InfluxDB does not understand a point"+line+", and took the others: please report it", err)
	case a.status == http.StatusRequestEntityTooLarge:
		return w.failure(sink.CauseSize, fmt.Sprintf("a request is too large for InfluxDB or a proxy before it: allow at least %d KiB", batchBytes>>10), err)
	case a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable:
		return w.failure(sink.CauseBusy, "InfluxDB asks to wait: it is tried again", err)
	case a.status >= http.StatusInternalServerError || strings.Contains(lower, "timeout"):
		return w.failure(sink.CauseBusy, "InfluxDB fails: it is tried again; if it stays so, look at its log", err)
	case a.status >= http.StatusMultipleChoices && a.status < http.StatusBadRequest:
		return w.failure(sink.CauseAddress, "the address redirects to another: enter the final one", err)
	case !a.genuine():
		return w.failure(sink.CauseAddress, "what answers at the address is not InfluxDB: check host, port and path", err)
	case strings.Contains(lower, "partial write"):
		return w.failure(sink.CauseLine, "InfluxDB dropped "+some+": its words say why", err)
	case a.status == http.StatusBadRequest || strings.Contains(lower, "error parsing query"):
		return w.failure(sink.CauseLine, "InfluxDB refused a request: please report it", err)
	}
	return w.failure(sink.CauseAnswer, "InfluxDB's answer is not what it documents: look for a proxy that alters answers", err)
}
