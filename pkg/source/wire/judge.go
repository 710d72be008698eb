package wire

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/livedora/dora-datasource/pkg/source"
)

// overloadLimit bounds how often in a row an answer may be too much for the server.
const overloadLimit = 9

// Verdict says whether a question must be put again.
type Verdict int

// The verdicts on an answer that is no failure.
const (
	Answered   Verdict = iota
	Limited            // a rate limit holds
	Overloaded         // it was too much for the server: a narrower page may do
)

// Persist tries again until there is an answer: it waits out rate limits, and lets a server that is overloaded breathe.
// Each try asks for pages of the session's width. Its errors are those of the tries, *source.Error, or the context's.
func (s *Session) Persist(ctx context.Context, part string, try func() (*Answer, Verdict, error)) error {
	for overloaded := 0; ; {
		answer, verdict, err := try()
		switch {
		case err != nil:
			return err
		case verdict == Limited:
			if err := s.WaitOut(ctx, answer); err != nil {
				return err
			}
		case verdict == Overloaded:
			overloaded++
			if overloaded > overloadLimit {
				return s.Failure(source.CauseServer, part, s.Name+" could not answer even the smallest page: it is tried again at the next run", s.Said(answer))
			}
			s.Width.Shrink()
			if overloads(answer.Status) {
				s.stumbled(answer.from, nil)
			}
			if err := s.Pace.Sleep(ctx, min(s.Pace.LongestBreak, s.Pace.FirstBreak<<(overloaded-1))); err != nil {
				return err
			}
		default:
			s.Width.Succeeded()
			s.limits = 0
			return nil
		}
	}
}

// Fetch makes a call with the host's credentials until it is answered: by status 200, by 304 where the call has an ETag,
// or by one of the statuses that the caller can handle itself. Its errors are *source.Error, or the context's.
func (s *Session) Fetch(ctx context.Context, part string, c Call, handled ...int) (*Answer, error) {
	var final *Answer
	err := s.Persist(ctx, part, func() (*Answer, Verdict, error) {
		answer, err := s.Signed(ctx, part, c)
		if err != nil {
			return nil, Answered, err
		}
		final = answer
		unchanged := answer.Status == http.StatusNotModified
		if !unchanged || !s.UnchangedIsFree {
			s.Progress.Points++
		}
		if unchanged && c.ETag != "" || slices.Contains(handled, answer.Status) && !s.Limits.Hold(answer) {
			return answer, Answered, nil
		}
		v, err := s.Judge(part, answer)
		return answer, v, err
	})
	return final, err
}

// Judge sorts answers by their HTTP status; a 200 is Answered, whatever it says.
func (s *Session) Judge(part string, answer *Answer) (Verdict, error) {
	said := s.Said(answer)
	switch status := answer.Status; {
	case status == http.StatusOK:
		return Answered, nil
	case status == http.StatusUnauthorized:
		return Answered, s.Failure(source.CauseCredentials, "", s.Credentials.Advice(), said)
	case s.Limits.Hold(answer):
		return Limited, nil
	case status == http.StatusForbidden:
		advice := "the token may not read this: give it read access"
		if s.Forbids != nil {
			advice = s.Forbids(answer)
		}
		return Answered, s.Failure(source.CausePermission, part, advice, said)
	case overloads(status):
		return Overloaded, nil
	case status >= http.StatusInternalServerError:
		return Answered, s.Failure(source.CauseServer, part, s.Name+" fails: it is tried again at the next run", said)
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest && status != http.StatusNotModified:
		return Answered, s.Failure(source.CauseConfiguration, "", "the address redirects to another: enter the final one", answer.elsewhere())
	}
	return Answered, s.Failure(source.CauseAnswer, part, s.Name+" refused the request: it is tried again at the next run, and if it stays so, please report it", said)
}

// Lost sorts what went wrong on the way.
func (s *Session) Lost(ctx context.Context, part string, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errElsewhere):
		return s.Failure(source.CauseAnswer, part, s.Name+" names another address than the configured one to read on at, and it is not followed: look for a proxy that alters answers, or enter the address that "+s.Name+" itself uses", err)
	case errors.Is(err, errTooLarge), errors.Is(err, errCut):
		return s.Failure(source.CauseAnswer, part, s.Name+"'s answer does not arrive whole: look for a proxy that cuts answers", err)
	}
	return s.Failure(source.CauseNetwork, part, s.Name+" cannot be reached: check the address, the network and the proxy", err)
}
