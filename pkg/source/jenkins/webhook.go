package jenkins

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

var _ source.Receiver = (*Source)(nil)

// notice is what a build tells at its end, by a step of its own or by the Notification plugin: which job it is. No event is made of
// it, since a build that tells of itself has not ended.
type notice struct {
	// Job is the full name, as JOB_NAME has it.
	Job string `json:"job"`
	// Name and URL are the plugin's: the job's short name, and its path below the controller's address.
	Name  string `json:"name"`
	URL   string `json:"url"`
	Build struct {
		Phase string `json:"phase"`
	} `json:"build"`
}

// underWay are the phases in which the plugin tells of a build that has not ended.
var underWay = map[string]bool{"QUEUED": true, "STARTED": true}

// Receive implements source.Receiver.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	var told notice
	if err := json.Unmarshal(body, &told); err != nil {
		return source.Received{}, unreadable(err)
	}
	job := told.Job
	if job == "" {
		job = jobAt(told.URL)
	}
	received := source.Received{Kind: "build"}
	switch {
	case job == "":
		return source.Received{}, &source.Mistake{Field: "job", Problem: "is missing; allowed: the job's full name, as the variable JOB_NAME has it"}
	case s.unusable != nil:
		received.Ignored = "this source is not set up"
	case underWay[told.Build.Phase]:
		received.Ignored = "a build that is under way is read when it has ended"
	case ofJob(s.rules, job) == nil:
		received.Ignored = "no line of jobs takes that job"
	default:
		received.Refresh = []string{job}
	}
	return received, nil
}

// jobAt is the full name of the job at a path such as job/deploy/job/production/.
func jobAt(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, part := range parts {
		if part == "job" {
			parts = parts[i:]
			break
		}
	}
	var names []string
	for i := 0; i+1 < len(parts) && parts[i] == "job"; i += 2 {
		name, err := url.PathUnescape(parts[i+1])
		if err != nil {
			return ""
		}
		names = append(names, name)
	}
	return strings.Join(names, "/")
}

// unreadable is a genuine call that cannot be read. It repeats no value.
func unreadable(err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return &source.Mistake{Field: mistyped.Field, Problem: "is of another type: allowed is a text"}
	}
	return &source.Mistake{Problem: "the body is no JSON"}
}

// proves says whether a call carries the secret: in its header, or as the password in an address, since the Notification plugin
// sends no headers of one's own.
func proves(secret string, header http.Header, body []byte) error {
	encoded, basic := strings.CutPrefix(header.Get("Authorization"), "Basic ")
	if secret == "" || !basic || header.Get(source.SecretHeader) != "" {
		return source.Proves(secret, header, body)
	}
	text, err := base64.StdEncoding.DecodeString(encoded)
	_, password, _ := strings.Cut(string(text), ":")
	// Hashed first, so that not even the length shows.
	a, b := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(secret))
	if err != nil || subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return source.ErrForged
	}
	return nil
}
