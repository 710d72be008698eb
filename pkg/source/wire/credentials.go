package wire

import (
	"context"
	"net/http"
)

// Credentials say who asks: somebody whose token was entered, or an app that draws its own.
type Credentials interface {
	// Bearer is the token for the next request. Its errors are *source.Error, or the context's.
	Bearer(ctx context.Context, s *Session) (string, error)
	// Renewable takes note that a token was refused, and says whether another is to be had.
	Renewable(refused string) bool
	// Conceal takes everything secret out of a text.
	Conceal(text string) string
	// Advice says what to do where the system knows nobody by these credentials.
	Advice() string
}

// Token is one that a person entered.
type Token struct {
	Text string
	// Refused is the advice where it is not accepted.
	Refused string
}

// Bearer implements Credentials.
func (t Token) Bearer(context.Context, *Session) (string, error) { return t.Text, nil }

// Renewable implements Credentials: there is no other token.
func (t Token) Renewable(string) bool { return false }

// Conceal implements Credentials.
func (t Token) Conceal(text string) string { return Conceal(text, t.Text) }

// Advice implements Credentials.
func (t Token) Advice() string { return t.Refused }

// Signed sends a call with the host's credentials; where they can be renewed, a refusal is met with new ones, once. Its
// errors are *source.Error, or the context's.
func (s *Session) Signed(ctx context.Context, part string, c Call) (*Answer, error) {
	for renewed := false; ; renewed = true {
		token, err := s.Credentials.Bearer(ctx, s)
		if err != nil {
			return nil, err
		}
		c.Token = token
		answer, err := s.Send(ctx, c)
		if err != nil {
			return nil, s.Lost(ctx, part, err)
		}
		if answer.Status != http.StatusUnauthorized || renewed || !s.Credentials.Renewable(token) {
			return answer, nil
		}
	}
}
