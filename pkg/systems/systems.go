// Package systems lists the systems that events come from, and the kinds of sinks that figures are delivered to. It is the one
// place that knows them all.
package systems

import (
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/sink/influxdb"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/alertmanager"
	"github.com/livedora/dora-datasource/pkg/source/argocd"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/backstage"
	"github.com/livedora/dora-datasource/pkg/source/bitbucket"
	"github.com/livedora/dora-datasource/pkg/source/csv"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/grafanairm"
	"github.com/livedora/dora-datasource/pkg/source/incidentio"
	"github.com/livedora/dora-datasource/pkg/source/jenkins"
	"github.com/livedora/dora-datasource/pkg/source/jira"
	"github.com/livedora/dora-datasource/pkg/source/pagerduty"
	"github.com/livedora/dora-datasource/pkg/source/servicenow"
	"github.com/livedora/dora-datasource/pkg/source/statuspage"
	"github.com/livedora/dora-datasource/pkg/source/webhook"
)

// All are the systems, in the order in which people are offered them. A new one is a folder beside the others and a line here.
var All = source.Systems{
	&github.System,
	&gitlab.System,
	&azuredevops.System,
	&jenkins.System,
	&bitbucket.System,
	&argocd.System,
	&servicenow.System,
	&pagerduty.System,
	&jira.System,
	&incidentio.System,
	&statuspage.System,
	&grafanairm.System,
	&backstage.System,
	&csv.System,
	&alertmanager.System,
	&webhook.System,
}

// Sinks are the kinds of sinks. A new one is a folder beside the other and a line here.
var Sinks = sink.Systems{
	&influxdb.System,
}
