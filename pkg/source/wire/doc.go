// Package wire carries a source's requests to its system and brings the answers back: with credentials that its own host
// alone sees, over retries and rate limits that are waited out in sight, and with failures that are sentences without a
// secret. It knows pkg/source and its package pages, and nothing else of this module.
//
// # How a source is composed
//
// Five packages hold what every source needs. None of them calls a source: a client takes the parts that it can use.
//
//   - wire: one request, its answer, and what to make of a bad one;
//   - pages: lists that come in pages, by number, link or cursor, and that shift while they are read;
//   - cursor: where a run goes on: positions by part, watermarks with their overlap, what is to be asked about again;
//   - census: what the store has and the system has no longer, what was counted, and what has another name now;
//   - lineage: commits, which of them are known with all that leads to them, and where a later run may stop.
//
// A source makes one Host when it is configured, and one Session for each run:
//
//	host := &wire.Host{
//		Name: "GitLab", ID: given.ID, Client: wire.WithinHost(given.Client), Addresses: []string{root},
//		Credentials: wire.Token{Text: given.Secrets["token"], Refused: "GitLab does not accept the token: …"},
//		Sign:        func(h http.Header, token string) { h.Set("PRIVATE-TOKEN", token) },
//		Limits:      wire.Limits{Total: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: "RateLimit-Reset"},
//		Genuine:     func(h http.Header) bool { return h.Get("X-Gitlab-Meta") != "" },
//		Pace:        wire.DefaultPace(),
//	}
//	session := host.Begin(request.Report)
//
// REST is read by Fetch and Decode, page by page:
//
//	answer, err := session.Fetch(ctx, part, wire.Call{Address: root + "/projects/7"}, http.StatusNotFound)
//	switch {
//	case err != nil: // a *source.Error, or the context's
//		return err
//	case answer.Status == http.StatusNotFound: // one of those that the caller said it can handle
//		return session.Failure(source.CauseNotFound, part, "there is no project …", nil)
//	}
//	project, err := wire.Decode[project](session, part, answer)
//
// GraphQL, whose refusals come with status 200, is read by Persist: it puts a question again as long as the verdict on
// its answer is Limited or Overloaded, with pages of Session.Width, which are narrower each time. What Judge makes of a
// status is the same for both.
//
// What fails for one part is joined to the failures of the others by source.Each, and ends the run where it would fail
// for every part. What was handed over before an error is kept: the cursor goes with each batch.
//
// The tests of a source hand its stand-in to pkg/source/sourcetest, which proves what all sources promise.
package wire
