// Package sourcetest proves of a source what all sources promise, against a stand-in of its system: that reading again is
// harmless and reading on is enough; that what comes late, moves while it is read, is renamed or deleted is found; that
// every limit is waited out; that a run which is ended or broken off at any moment loses nothing; that whatever cannot be
// read is an error and never a zero; and that no secret shows.
//
// A stand-in is a handler that answers as the system does, with a history to start from and time that goes on when it is
// told to. Between it and the source stands a gate of this package, which counts requests and spoils answers, so that a
// stand-in needs no faults of its own. A stand-in in another process is reached by Behind.
//
//	func TestGitLabKeepsThePromisesOfASource(t *testing.T) {
//		sourcetest.Run(t, sourcetest.Subject{
//			Start: func(t *testing.T) *sourcetest.System { … },
//			Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
//				return gitlab.New(source.Given{ID: "gitlab", Secrets: secrets, Client: client}, settings(address), gitlab.WithPace(pace))
//			},
//			Secrets: []string{token},
//		})
//	}
//
// What a stand-in cannot do is left nil, and the promises that need it are skipped with a message.
package sourcetest
