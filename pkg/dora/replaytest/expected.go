package replaytest

import "time"

// The values beside a recorded history, as far as the metrics' definitions have a word on them.
type (
	// environment is what was worked out for one environment; of some only the months.
	environment struct {
		DeploymentsPerMonth map[string]float64
		Deployments         []struct {
			Deployment      int64
			SucceededAt     time.Time
			NewPullRequests []int
			NewCommits      int
			LeadTimeSamples bool
		}
		PullRequestLeadTimes []struct {
			Number          int
			Deployment      int64
			FirstAuthoredAt time.Time
			LeadSeconds     float64
		}
		PullRequestLeadTime, CommitLeadTime struct {
			Overall  summary
			PerMonth map[string]summary
		}
		NeverShipped []int
	}
	summary struct {
		Count                                 float64
		MedianSeconds, P75Seconds, P90Seconds float64
	}
	// overlay is what was worked out besides where failures, incidents and reviews were invented.
	overlay struct {
		Failures map[string][]struct {
			Deployment int64
			Evidence   []struct {
				Kind                   string
				RecoveredAt            *time.Time
				Rollback               int64
				RevertPull, HotfixPull int
				RevertedPull           int
				Issue                  int64
			}
		}
		ChangeFailure             map[string]struct{ Attempts, Succeeded, NeverSucceeded int }
		Rollbacks                 map[string][]int64
		DeploymentsPerMonthLondon map[string]map[string]float64
		Incidents                 []struct {
			Number      int64
			Link        string
			Deployment  *int64
			Environment *string
		}
		Reviews struct {
			PerPullRequest []struct {
				Number               int
				FirstReviewSeconds   float64
				FirstApprovalSeconds *float64
			}
		}
	}
)
