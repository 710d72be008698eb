package github

import (
	"context"
	"net/http"
)

// credentials say who asks: somebody whose token was entered, or an App that draws its own.
type credentials interface {
	// bearer is the token for the next request.
	bearer(ctx context.Context, r *run) (string, error)
	// renewable takes note that a token was refused, and says whether another is to be had.
	renewable(refused string) bool
	// conceal takes everything secret out of a text.
	conceal(text string) string
	// advice says what to do where GitHub knows nobody by these credentials.
	advice() string
}

// entered is a token that a person entered.
type entered string

func (e entered) bearer(context.Context, *run) (string, error) { return string(e), nil }

func (e entered) renewable(string) bool { return false }

func (e entered) conceal(text string) string { return without(text, string(e)) }

func (e entered) advice() string {
	return "GitHub does not accept the token: it is wrong, expired or revoked; enter a new one"
}

// signed sends a call with the credentials; where they can be renewed, a refusal is met with new ones, once. Its
// errors are *source.Error, or the context's.
func (r *run) signed(ctx context.Context, part string, c call) (*reply, error) {
	for renewed := false; ; renewed = true {
		token, err := r.credentials.bearer(ctx, r)
		if err != nil {
			return nil, err
		}
		c.bearer = token
		answer, err := r.send(ctx, c)
		if err != nil {
			return nil, r.lost(ctx, part, err)
		}
		if answer.status != http.StatusUnauthorized || renewed || !r.credentials.renewable(token) {
			return answer, nil
		}
	}
}
