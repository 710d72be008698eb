package github

// The queries. Every one of them asks for its own cost, and no list within a list is narrower than the page, since the
// cost counts lists, not their entries.

const rateLimit = `rateLimit { cost remaining resetAt } `

const (
	actorFields  = `{ __typename login }`
	pageFields   = `pageInfo { hasNextPage endCursor }`
	pullCommits  = `{ ` + pageFields + ` nodes { commit { oid authoredDate } } }`
	pullReviews  = `{ ` + pageFields + ` nodes { id state submittedAt author ` + actorFields + ` } }`
	labelNames   = `{ ` + pageFields + ` nodes { name } }`
	statusFields = `{ ` + pageFields + ` nodes { id state createdAt logUrl } }`
	parentOids   = `{ ` + pageFields + ` nodes { oid } }`
	pullFiles    = `{ ` + pageFields + ` nodes { path } }`
	unlabelled   = `{ ` + pageFields + ` totalCount nodes { ... on UnlabeledEvent { id label { name } } } }`
	unlabelOnly  = `itemTypes: [UNLABELED_EVENT]`
	countField   = ` totalCount @include(if: $counts) `

	pullFields = `{ id number title body url createdAt updatedAt mergedAt baseRefName headRefName author ` + actorFields + ` mergeCommit { oid }
        commits(first: $nested) ` + pullCommits + ` reviews(first: $nested) ` + pullReviews + ` labels(first: $nested) ` + labelNames + `
        changedFiles @include(if: $withFiles) files(first: $nested) @include(if: $withFiles) ` + pullFiles + ` }`
	deploymentFields = `{ id databaseId commitOid environment task createdAt updatedAt creator ` + actorFields + ` ref { name prefix } statuses(first: $nested) ` + statusFields + ` }`
	commitFields     = `{ id oid authoredDate committedDate message author { name user { login } } parents(first: 10) ` + parentOids + ` }`
)

const syncText = `query Sync($owner: String!, $name: String!, $nested: Int!, $counts: Boolean!,
  $withPulls: Boolean!, $withFiles: Boolean!, $pulls: Int!, $pullsPage: String,
  $withDeployments: Boolean!, $deployments: Int!, $deploymentsPage: String,
  $everyIssue: Boolean!, $withIssues: Boolean!, $issues: Int!, $issuesPage: String, $issuesSince: DateTime,
  $fromBranch: Boolean!, $fromTarget: Boolean!, $target: GitObjectID, $commits: Int!, $commitsPage: String) {
  ` + rateLimit + `
  repository(owner: $owner, name: $name) { nameWithOwner databaseId url ` + traitFields + ownersClause + catalogClause + `
    everyIssue: issues(first: 1) @include(if: $everyIssue) { totalCount }
    defaultBranchRef { name target { oid ... on Commit @include(if: $fromBranch) { history(first: $commits) { ` + pageFields + countField + ` nodes ` + commitFields + ` } } } }
    target: object(oid: $target) @include(if: $fromTarget) { ... on Commit { history(first: $commits, after: $commitsPage) { ` + pageFields + countField + ` nodes ` + commitFields + ` } } }
    pullRequests(first: $pulls, after: $pullsPage, states: [MERGED], orderBy: {field: UPDATED_AT, direction: DESC}) @include(if: $withPulls) { ` + pageFields + ` totalCount
      nodes ` + pullFields + ` }
    deployments(first: $deployments, after: $deploymentsPage, orderBy: {field: CREATED_AT, direction: DESC}) @include(if: $withDeployments) { ` + pageFields + ` totalCount
      nodes ` + deploymentFields + ` }
    issues(first: $issues, after: $issuesPage, filterBy: {since: $issuesSince}, orderBy: {field: UPDATED_AT, direction: DESC}) @include(if: $withIssues) { ` + pageFields + countField + `
      nodes { id number title body url createdAt updatedAt closed closedAt labels(first: $nested) ` + labelNames + `
        timelineItems(first: $nested, ` + unlabelOnly + `) ` + unlabelled + ` } }
  }
}`

const recheckText = `query Recheck($ids: [ID!]!, $nested: Int!) { ` + rateLimit + `
  nodes(ids: $ids) { ... on Deployment ` + deploymentFields + ` }
}`

// ownerRoots are the ways to an owner, in order: the second finds users as well.
var ownerRoots = []string{"organization", "repositoryOwner"}

// probeText lists an owner's repositories by name, an order that does not change while it is read, each with the
// newest of what a sync would read.
func probeText(root string) string {
	return `query Probe($owner: String!, $repositories: Int!, $page: String, $withIssues: Boolean!) { ` + rateLimit + `
  owner: ` + root + `(login: $owner) { repositories(first: $repositories, after: $page, orderBy: {field: NAME, direction: ASC}) { ` + pageFields + `
    nodes { nameWithOwner databaseId ` + traitFields + ` pushedAt
      pullRequests(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { id updatedAt } }
      deployments(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { id updatedAt } }
      issues(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) @include(if: $withIssues) { totalCount nodes { id updatedAt } } } } }
}`
}

const checkRepositoryText = `query Check($owner: String!, $name: String!) { rateLimit { cost remaining } viewer { login } repository(owner: $owner, name: $name) { nameWithOwner } }`

func checkOwnerText(root string) string {
	return `query Check($owner: String!) { rateLimit { cost remaining } viewer { login } owner: ` + root + `(login: $owner) { login } }`
}
