package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// quoteLimit bounds how much of what a system says an error repeats, in bytes.
const quoteLimit = 300

// saidLimit bounds what an error says, in bytes.
const saidLimit = 1000

// Failure is the only maker of a source's errors. It keeps secrets out of all their words, whatever a server echoes.
func (h *Host) Failure(cause source.Cause, part, advice string, err error) *source.Error {
	if err != nil {
		text := h.conceal(err.Error())
		if len(text) > saidLimit { // it repeats an answer
			text = Quote(text)
		}
		if text != err.Error() {
			err = errors.New(text)
		}
	}
	return &source.Error{Cause: cause, Source: h.ID, Part: h.conceal(part), Advice: h.conceal(advice), Err: err}
}

// Unexpected is the failure of an answer that cannot be read. It repeats no value of it.
func (h *Host) Unexpected(part string, err error) *source.Error {
	var mistyped *json.UnmarshalTypeError
	var noTime *time.ParseError
	switch {
	case errors.As(err, &mistyped): // its own words repeat the value
		kind, _, _ := strings.Cut(mistyped.Value, " ")
		err = fmt.Errorf("%s is of another type: %s", mistyped.Field, kind)
	case errors.As(err, &noTime):
		err = errors.New("a text stands where a time should")
	}
	return h.Failure(source.CauseAnswer, part, h.Name+"'s answer has another form than its schema says: look for a proxy that alters answers; it is tried again at the next run, and if it stays so, please report it", err)
}

// Endless is the failure of a list that does not come to its end.
func (h *Host) Endless(part string) *source.Error {
	return h.Failure(source.CauseAnswer, part, h.Name+" goes on sending pages of a list that has no end, and it is followed no further: look for a proxy that alters answers; it is tried again at the next run", pages.ErrNoEnd)
}

// Listed makes a sentence of it where package pages finds that a list has no end; other errors stay as they are.
func (h *Host) Listed(part string, err error) error {
	var known *source.Error
	if errors.Is(err, pages.ErrNoEnd) && !errors.As(err, &known) {
		return h.Endless(part)
	}
	return err
}

// IsGenuine says whether it was the system itself that answered, whose words may be repeated.
func (h *Host) IsGenuine(answer *Answer) bool { return h.Genuine != nil && h.Genuine(answer.Header) }

// Said is an answer that is no good, for an error to carry: the system's message, or what kind of answer it is.
func (h *Host) Said(answer *Answer) error {
	status := strings.TrimSpace(fmt.Sprintf("status %d %s", answer.Status, http.StatusText(answer.Status)))
	if h.IsGenuine(answer) {
		says := h.Says
		if says == nil {
			says = message
		}
		if text := says(answer.Body); text != "" {
			return fmt.Errorf("%s: %s", status, Quote(h.conceal(text)))
		}
	}
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || !mediaType.MatchString(kind) {
		kind = "no known type"
	}
	return fmt.Errorf("%s, %s, %d bytes", status, kind, len(answer.Body))
}

func message(body []byte) string {
	var told struct{ Message string }
	if json.Unmarshal(body, &told) != nil {
		return ""
	}
	return told.Message
}

var mediaType = regexp.MustCompile(`^[a-z]{1,20}/[a-z0-9.+-]{1,40}$`)

// elsewhere is where an answer redirects to, without what the address may carry.
func (a *Answer) elsewhere() error {
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil || to.Host == "" {
		return errors.New("another path of the same host")
	}
	return errors.New(to.Scheme + "://" + to.Host)
}

// Quote shortens what a system says to what an error may repeat.
func Quote(text string) string {
	short := strings.ToValidUTF8(strings.Join(strings.Fields(text[:min(len(text), quoteLimit)]), " "), "")
	if len(text) > quoteLimit {
		short += " …"
	}
	return short
}

// Decode reads an answer's JSON. One without a body is the zero value.
func Decode[T any](s *Session, part string, answer *Answer) (value T, err error) {
	if len(bytes.TrimSpace(answer.Body)) == 0 {
		return value, nil
	}
	if err := json.Unmarshal(answer.Body, &value); err != nil {
		return value, s.Unexpected(part, err)
	}
	return value, nil
}
