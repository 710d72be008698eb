package servicenow

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares ServiceNow.
var System = source.System{
	Type: "servicenow", Name: "ServiceNow", Summary: "incidents, and change requests as deployments, of an instance",
	Reads: []dora.Kind{dora.KindDeployment, dora.KindIncident},
	Tells: []dora.Kind{dora.KindDeployment, dora.KindIncident},
	Rows: [][]source.Field{
		{{
			Key: "url", Kind: source.Address, Label: "URL", Description: "Of the instance.", Example: "https://example.service-now.com",
			Required: "https://INSTANCE.service-now.com", Meaning: "the instance's address, `https://INSTANCE.service-now.com`",
		}},
		{
			{
				Key: "incidents.from", Kind: source.Choice, Label: "Incidents from", Description: "What an incident is.", Choices: incidentsFrom,
				Meaning: "`records` (the default): records of a table that fulfil a filter; `none`: incidents are not read",
			},
			{
				Key: "incidents.filter", Kind: source.Text, Label: "Incident filter", Description: "An encoded query.", Default: incidentFilter, Example: "category=software^priority<=3", When: records, Width: 60,
				Meaning: "an encoded query, as *Copy query* of a list's breadcrumb gives it (absent: `" + incidentFilter + "`; of a table of your own: every record). It is checked before it is used, since ServiceNow passes over what it cannot make sense of",
			},
			{Key: "incidents.table", Kind: source.Text, Default: incidentTable, When: records, Form: tableForm, Meaning: "the table of incidents, one that extends `task` (absent: `incident`)"},
			{
				Key: "incidents.severity", Kind: source.Text, Label: "Severity", Description: "The column that has it.", Default: defaultSeverity, Example: "severity", When: records, Form: columnForm,
				Meaning: "the column of the severity (absent: `priority`), as its value is stored",
			},
			{
				Key: "incidents.unset", Kind: source.List, When: records,
				Meaning: "values of that column which mean that nobody chose one (absent: `5` of `priority`, which follows from an impact and an urgency that nobody changed; `3` of `severity`, `impact` or `urgency`; of other columns none)",
			},
			{Key: "incidents.opened", Kind: source.List, When: records, Form: columnForm, Meaning: "columns of which the first that is filled in says when it began (absent: `opened_at`, `sys_created_on`)"},
			{Key: "incidents.acknowledged", Kind: source.List, When: records, Form: columnForm, Meaning: "the same for when somebody took it up (absent: not known)"},
			{Key: "incidents.resolved", Kind: source.List, When: records, Form: columnForm, Meaning: "the same for when service was restored (absent: `resolved_at`)"},
			{Key: "incidents.restored", Kind: source.List, When: records, Meaning: "values of `state`, beside 6 (Resolved) and 7 (Closed), in which service is restored; `incidents.resolved` has to name the column that says since when (absent: none)"},
			{Key: "incidents.noIncident", Kind: source.List, When: records, Meaning: "values of `close_code` that mean that there was no incident: such a record is withdrawn, as a canceled one is (absent: none)"},
			{Key: "incidents.causes", Kind: source.List, When: records, Form: columnForm, Meaning: "columns that refer to the change which caused it or remedies it, or that name a deployment (absent: `caused_by`, `rfc`)"},
			{Key: "incidents.partOf", Kind: source.List, When: records, Form: columnForm, Meaning: "columns that refer to the incident which it is a part of: the parent of a child, the original of a duplicate (absent: `parent_incident`)"},
			{Key: "incidents.same", Kind: source.List, When: records, Form: columnForm, Meaning: "columns with the key or address of another system's record of the same interruption (absent: `correlation_id`)"},
			{Key: "incidents.labels", Kind: source.List, When: records, Form: columnForm, Meaning: "columns whose values are labels, such as `category:software` (absent: `category`, `subcategory`, `cmdb_ci`, `assignment_group`, `major_incident_state`)"},
		},
		{
			{
				Key: "deployments.from", Kind: source.Choice, Label: "Deployments from", Description: "What a deployment is.", Choices: deploymentsFrom,
				Meaning: "`none` (the default): another source tells of deployments; `changes`: change requests are deployments; `evidence`: another source tells of deployments, and a change request that was closed as unsuccessful is evidence against the one that it names",
			},
			{
				Key: "deployments.filter", Kind: source.Text, Label: "Change filter", Description: "An encoded query.", Example: "type!=emergency^category=Software", When: judged, Width: 60,
				Empty:   "Every change request counts, whatever was changed.",
				Meaning: "an encoded query which those fulfil that are deployments (absent: every one); checked as the one above",
			},
			{Key: "deployments.table", Kind: source.Text, Default: changeTable, When: judged, Form: tableForm, Meaning: "the table of changes, one that extends `task` (absent: `change_request`)"},
			{Key: "deployments.success", Kind: source.List, Label: "Success codes", Description: "Close codes, one a line (default successful, successful_issues).", Example: "successful", Lines: 3, When: changes, Meaning: "values of `close_code` with which it was deployed (absent: `successful`, `successful_issues`)"},
			{Key: "deployments.failed", Kind: source.List, When: judged, Meaning: "values with which nothing was deployed (absent: `unsuccessful`, `canceled`, `cancelled`, `rejected`); so it is with a change that was canceled. With `evidence`, those that speak against a deployment (absent: `unsuccessful`)"},
			{Key: "deployments.failedInProduction", Kind: source.List, Label: "Failed-in-production codes", Description: "Close codes of changes that were in production and were backed out.", Example: "unsuccessful_backed_out", Lines: 3, When: judged, Meaning: "values with which it was deployed, failed in production, and was restored when the work ended (absent: none)"},
			{Key: "deployments.start", Kind: source.List, When: judged, Form: columnForm, Meaning: "columns of which the first that is filled in says when the work began (absent: `work_start`)"},
			{Key: "deployments.end", Kind: source.List, When: judged, Form: columnForm, Meaning: "the same for when it ended (absent: `work_end`). Where nobody fills in actual times, `closed_at` or the planned `end_date` may be named"},
			{Key: "deployments.environment", Kind: source.List, Label: "Environment columns", Description: "One a line.", Example: "u_environment", Lines: 3, When: changes, Form: columnForm, Meaning: "the same for the environment (absent: a line `Environment: …` of `description`, `cmdb_ci.environment`; where there is neither, it is `production`)"},
			{Key: "deployments.commit", Kind: source.List, Label: "Commit columns", Description: "One a line.", Example: "u_commit", Lines: 3, When: judged, Form: columnForm, Meaning: "the same for the full sha (absent: `u_commit`, a line `Commit: …` of `description`)"},
			{Key: "deployments.version", Kind: source.List, Label: "Version columns", Description: "One a line.", Example: "u_version", Lines: 3, When: judged, Form: columnForm, Meaning: "the same for the version (absent: `u_version`, a line `Version: …` of `description`)"},
		},
		{
			{Key: "service", Kind: source.List, Label: "Service columns", Description: "One a line: the first that is filled in (default business_service, cmdb_ci).", Example: "business_service", Lines: 3, Form: columnForm, Meaning: "columns of which the first that is filled in is an incident's `service` and a deployment's `task` (absent: `business_service`, `cmdb_ci`); of a reference it is the name"},
			{Key: "repository", Kind: source.List, Label: "Repository columns", Description: "One a line: the first that is filled in names the repository of the code.", Example: "cmdb_ci.u_repository", Lines: 3, Form: columnForm, Meaning: "columns of which the first that is filled in names the repository, as `owner/name` or by its address (absent: `cmdb_ci.correlation_id` where it has that form, else the name of the configuration item or of the service)"},
		},
	},
	Access: &source.Access{
		Label: "Access", Description: "Who asks.",
		Ways: []source.Way{
			{
				Option:  source.Option{Value: "key", Label: "API key", Description: "of an integration user"},
				Fields:  []source.Field{},
				Secrets: []source.Secret{{Name: secretKey, Label: "API key", Description: "Of a user with the roles that the documentation lists."}},
			},
			{
				Option: source.Option{Value: "oauth", Label: "OAuth client", Description: "by client credentials"}, Noun: "an OAuth client",
				Fields:  []source.Field{{Key: "clientId", Kind: source.Text, Label: "Client ID", Description: "Of the application registry's entry.", Meaning: "the id of an OAuth client that asks by its own right (client credentials)"}},
				Secrets: []source.Secret{{Name: secretClient, Label: "Client secret", Description: "Of the same entry, which has an application user."}},
			},
			{
				Option: source.Option{Value: "basic", Label: "User and password", Description: "by basic authentication"}, Noun: "a user with a password",
				Fields:  []source.Field{{Key: "user", Kind: source.Text, Label: "User", Description: "An integration user.", Meaning: "the name of a user who asks with a password"}},
				Secrets: []source.Secret{{Name: secretPassword, Label: "Password", Description: "Of the user, who has web service access only."}},
			},
		},
	},
	Permissions: []source.Permission{
		{Name: "snc_platform_rest_api_access", For: "the Table API, where the instance asks for it"},
		{Name: "sn_incident_read", For: "incidents", When: records},
		{Name: "sn_change_read", For: "change requests, and what of those caused an incident"},
		{Name: "cmdb_read", For: "the names of services and configuration items; it comes with sn_change_read"},
	},
	Webhook: &source.Webhook{
		Sender: "ServiceNow",
		Tells: "a business rule or a flow posts which record has changed, and that is read within seconds. ServiceNow has no webhooks of its own and signs nothing: " +
			"the secret is in the header `X-Live-Dora-Secret`. What is missed is noticed by the next reading",
		Proofs: []source.Header{{Name: "X-Live-Dora-Secret", Description: "the secret, as the business rule or flow sends it"}},
		Place:  "In System Definition, Business Rules, New, one for each table, async, on insert, update and delete, with Advanced ticked:",
		Template: `(function executeRule(current, previous) {
  var r = new sn_ws.RESTMessageV2();
  r.setEndpoint('<login>');
  r.setHttpMethod('post');
  r.setRequestHeader('Content-Type', 'application/json');
  r.setRequestHeader('X-Live-Dora-Secret', 'SECRET');
  r.setRequestBody(JSON.stringify({table: current.getTableName(), sys_id: current.getUniqueValue()}));
  r.executeAsync();
})(current, previous);`,
	},
	Limits:    "an instance limits requests only by rules that its administrator makes, in requests an hour; where one says to wait, it is waited out",
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what there is to say beyond the table of keys.
//
//go:embed reference.md
var reference string

var (
	records = &source.When{Key: "incidents.from", Values: []string{string(FromRecords)}}
	changes = &source.When{Key: "deployments.from", Values: []string{string(FromChanges)}}
	judged  = &source.When{Key: "deployments.from", Values: []string{string(FromChanges), string(FromElsewhere)}}

	columnForm = &source.Form{Pattern: column, Allowed: "the name of a column, such as u_commit, or of one behind a reference, such as cmdb_ci.name"}
	tableForm  = &source.Form{Pattern: `^[a-z][a-z0-9_]*$`, Allowed: "the name of a table, such as incident"}
)
