package world

import (
	"cmp"
	"time"
)

// landing is how a repository brings pull requests to its main line.
type landing int

const (
	byMergeCommit landing = iota
	bySquash
	byRebase
)

// profile is how a service's people work. Durations are typical values in working time unless they say otherwise; factors
// take the age in months before Options.Now, and stay at their last value once the world lives on.
type profile struct {
	name, teamName, repo string
	people               int // which team of the staff
	production, staging  string
	monorepo             bool
	tagPrefix            string // release tags; empty: main is deployed

	// The systems that keep its code, deploy it and keep its incidents; empty: GitHub, or the one before.
	on, deploys, tracks string

	landing landing
	trunk   bool    // most work is pushed straight to main
	perWeek float64 // pieces of work begun in a usual week

	coding, pickup, approval, merging time.Duration
	cut                               time.Duration // first landed change → release cut; 0: within minutes
	weekly                            bool          // releases are cut on Tuesday mornings only
	promote                           time.Duration // staging's success → production
	gated                             bool          // production waits for an approval

	badRate float64 // share of releases that go wrong
	stories []weighted
	bots    float64 // share of weeks with a dependency update

	activity   func(age float64) float64
	codingTime func(age float64) float64
	pickupTime func(age float64) float64
	breakage   func(age float64) float64
}

// weighted is a story of failure and how often it is told.
type weighted struct {
	weight float64
	tell   story
}

// GitHub is the system that whatever names no other goes by.
const GitHub = "github"

func (p *profile) host() string     { return cmp.Or(p.on, GitHub) }
func (p *profile) deployer() string { return cmp.Or(p.deploys, p.host()) }
func (p *profile) tracker() string  { return cmp.Or(p.tracks, p.host()) }

// filed is the project that the tracker has its incidents in.
func (p *profile) filed() string {
	switch p.tracker() {
	case "jira":
		return jiraProject
	case "statuspage":
		return statusPage
	}
	return ""
}

// afflicted is what the tracker calls the service.
func (p *profile) afflicted() string {
	switch p.tracker() {
	case "pagerduty":
		return pagerServiceID(p.repo)
	case "servicenow", "incidentio", "statuspage", "grafanairm":
		return p.repo
	}
	return ""
}

func (p *profile) incidentLabels() []string {
	if p.monorepo {
		return []string{"incident", "service:" + p.name}
	}
	return []string{"incident"}
}

func (p *profile) paths() []string {
	if p.monorepo {
		return []string{"services/" + p.name + "/**"}
	}
	return nil
}

// profiles are the six services. The stories that the data should show are the factors:
// formulary rests for weeks between bursts; booking's reviews waited long until five months ago; patient-records slows down
// lately; consent had a bad quarter. The medicines team releases by tag and answers failures with a rollback: a hotfix in a
// shared repository would ship with the other service's next release too.
func profiles() []profile {
	const h = time.Hour
	return []profile{
		{
			name: "prescriptions", teamName: "medicines", people: 0, repo: "medicines-api", monorepo: true,
			production: "prescriptions-prod", staging: "prescriptions-staging", tagPrefix: "prescriptions-v",
			landing: byMergeCommit, perWeek: 4.5, coding: 8 * h, pickup: 3 * h, approval: 2 * h, merging: h,
			cut: 5 * h, promote: 3 * h, badRate: 0.09, bots: 0.6,
			stories: []weighted{{5, tellRollback}, {2, tellIncidentVersion}, {2, tellIncidentTime}, {1, tellIncidentID}, {1, tellIncidentSHA}},
		},
		{
			name: "formulary", teamName: "medicines", people: 0, repo: "medicines-api", monorepo: true,
			production: "formulary-prod", staging: "formulary-staging", tagPrefix: "formulary-v",
			landing: byMergeCommit, perWeek: 4, coding: 10 * h, pickup: 4 * h, approval: 3 * h, merging: h,
			cut: 4 * h, promote: 5 * h, badRate: 0.06,
			stories: []weighted{{3, tellRollback}, {2, tellIncidentVersion}, {2, tellIncidentTime}},
			activity: func(age float64) float64 {
				if week := int(age * 52 / 12); week%9 >= 5 {
					return 0
				}
				return 1
			},
		},
		{
			name: "booking", teamName: "appointments", people: 1, repo: "booking",
			production: "production", staging: "staging",
			landing: bySquash, perWeek: 5.2, coding: 7 * h, pickup: 4 * h, approval: 2 * h, merging: h,
			promote: 90 * time.Minute, badRate: 0.1, bots: 0.7,
			stories: []weighted{{2, tellRollback}, {3, tellRevert}, {3, tellHotfix}, {2, tellIncidentTime}, {1, tellIncidentID}, {1, tellIncidentSHA}},
			pickupTime: func(age float64) float64 {
				if age > 5 {
					return 4.5
				}
				return 0.5
			},
		},
		{
			name: "reminders", teamName: "appointments", people: 1, repo: "reminders",
			production: "production", staging: "staging",
			landing: byRebase, trunk: true, perWeek: 7.5, coding: 2 * h, pickup: h, approval: h, merging: 20 * time.Minute,
			promote: 15 * time.Minute, badRate: 0.05, bots: 0.7,
			stories: []weighted{{3, tellRevert}, {3, tellRollback}, {2, tellHotfix}, {2, tellIncidentTime}, {1, tellIncidentSHA}},
		},
		{
			name: "patient-records", teamName: "records", people: 2, repo: "patient-records",
			production: "production", staging: "staging", tagPrefix: "v",
			landing: bySquash, perWeek: 4, coding: 14 * h, pickup: 7 * h, approval: 5 * h, merging: 3 * h,
			weekly: true, promote: 8 * h, gated: true, badRate: 0.12, bots: 0.8,
			stories:    []weighted{{2, tellRollback}, {3, tellHotfix}, {2, tellRevert}, {2, tellIncidentVersion}, {2, tellIncidentTime}},
			codingTime: lately(2.2),
			pickupTime: lately(2.6),
		},
		{
			name: "consent", teamName: "records", people: 2, repo: "consent",
			production: "production", staging: "staging",
			landing: byMergeCommit, perWeek: 4, coding: 9 * h, pickup: 4 * h, approval: 3 * h, merging: h,
			cut: 2 * h, promote: 4 * h, badRate: 0.08, bots: 0.6,
			stories: []weighted{{5, tellHotfixBranch}, {2, tellRollback}, {1, tellRevert}, {2, tellIncidentTime}, {1, tellIncidentID}},
			breakage: func(age float64) float64 {
				if age > 7 && age <= 10 {
					return 5
				}
				return 1
			},
		},
	}
}

// lately is a factor that rises from 1 to most over the last four months.
func lately(most float64) func(age float64) float64 {
	return func(age float64) float64 {
		switch {
		case age >= 4:
			return 1
		case age <= 0:
			return most
		}
		return most - (most-1)*age/4
	}
}
