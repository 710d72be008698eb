package world

import "time"

// elsewhere are the services of teams that work with other systems than GitHub: their code, their deployments or their
// incidents are told by these alone. A system whose API the world speaks has a service here that lives in it.
func elsewhere() []profile {
	const h = time.Hour
	return []profile{
		{
			name: "referrals", teamName: "pathways", people: 3, repo: "pathways/referrals", on: "gitlab", tracks: "jira",
			production: "production", staging: "staging",
			landing: byMergeCommit, perWeek: 4.5, coding: 8 * h, pickup: 3 * h, approval: 2 * h, merging: h,
			promote: 2 * h, badRate: 0.09, bots: 0.4,
			stories: []weighted{{3, tellRollback}, {2, tellRevert}, {2, tellHotfix}, {2, tellIncidentTime}, {1, tellIncidentID}, {1, tellIncidentSHA}},
		},
		{
			name: "imaging", teamName: "diagnostics", people: 4, repo: "imaging", deploys: "azuredevops", tracks: "servicenow",
			production: "production", staging: "staging",
			landing: bySquash, perWeek: 4, coding: 10 * h, pickup: 5 * h, approval: 3 * h, merging: h,
			cut: 3 * h, promote: 3 * h, gated: true, badRate: 0.08, bots: 0.5,
			stories: []weighted{{3, tellRollback}, {2, tellRevert}, {2, tellHotfix}, {2, tellIncidentTime}, {1, tellIncidentID}, {1, tellIncidentSHA}},
		},
		{
			name: "letters", teamName: "correspondence", people: 6, repo: "letters", deploys: "jenkins", tracks: "incidentio",
			production: "production", staging: "staging",
			landing: byMergeCommit, perWeek: 3.5, coding: 9 * h, pickup: 4 * h, approval: 3 * h, merging: h,
			cut: 4 * h, promote: 2 * h, badRate: 0.08, bots: 0.4,
			stories: []weighted{{3, tellRollback}, {2, tellRevert}, {2, tellHotfix}, {2, tellIncidentTime}, {1, tellIncidentID}, {1, tellIncidentSHA}},
		},
		{
			name: "dispensing", teamName: "pharmacy", people: 5, repo: "dispensing", deploys: "argocd", tracks: "pagerduty",
			production: "production", staging: "staging",
			landing: bySquash, perWeek: 5, coding: 6 * h, pickup: 3 * h, approval: 2 * h, merging: h,
			promote: h, badRate: 0.08, bots: 0.5,
			stories: []weighted{{4, tellRollback}, {1, tellRevert}, {2, tellHotfix}, {2, tellIncidentTime}, {1, tellIncidentID}, {1, tellIncidentSHA}},
		},
		{
			name: "portal", teamName: "front-door", people: 7, repo: "portal", on: "bitbucket", tracks: "statuspage",
			production: "production", staging: "staging",
			landing: bySquash, perWeek: 3, coding: 7 * h, pickup: 3 * h, approval: 2 * h, merging: h,
			promote: 2 * h, badRate: 0.08, bots: 0.4,
			stories: []weighted{{3, tellRollback}, {2, tellRevert}, {2, tellHotfix}, {2, tellIncidentTime}, {1, tellIncidentID}, {1, tellIncidentSHA}},
		},
		{
			name: "terminology", teamName: "standards", people: 7, repo: "terminology", tracks: "grafanairm",
			production: "production", staging: "staging",
			landing: byMergeCommit, perWeek: 2.5, coding: 9 * h, pickup: 4 * h, approval: 3 * h, merging: h,
			promote: 2 * h, badRate: 0.08, bots: 0.4,
			stories: []weighted{{3, tellRollback}, {2, tellRevert}, {2, tellHotfix}, {2, tellIncidentTime}, {1, tellIncidentID}, {1, tellIncidentSHA}},
		},
	}
}
