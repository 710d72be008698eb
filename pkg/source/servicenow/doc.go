// Package servicenow reads incidents, and change requests as deployments, from the Table API of a ServiceNow instance.
//
// A table is read by what changed last, in order of time and id, so that no page shifts and no row is read past, however many
// share a second. Whatever left the filter, or was deleted, is found by counting: where the count is another than it was, or
// anything is news, the ids of all that the filter gives are listed, and what is not among them is withdrawn. Access rules
// hide rows after a page was cut: a short or empty page is no end, and what is hidden is counted and told.
//
// What fields refer to, such as the change that caused an incident, comes with the record itself, by columns that lead on
// through a reference.
package servicenow
