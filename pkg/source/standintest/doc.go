// Package standintest tries a source against the stand-in of its system: a process that replays real histories through the
// vendor's own interface, with a clock that tests move. What sourcetest holds a source to needs a few invented records; here
// the figures of years are held against what plain git gives, at every step of the way there.
//
//	var subject = standintest.Subject{
//		System: "gitlab", Token: token,
//		Called: func(h *replaytest.History) { h.Source = "gitlab" },
//		Open: func(at *standintest.StandIn, h *replaytest.History, pace standintest.Pace) source.Source {
//			return gitlab.New(at.Given(), gitlab.Settings{URL: at.URL, Repositories: []string{h.Name}}, gitlab.WithPace(pace))
//		},
//	}
//
//	func TestRealHistoriesAreCollectedWithTheFactsThatGitGives(t *testing.T) { subject.Histories(t) }
//
// A test that cannot have a stand-in is skipped, and says why.
package standintest
