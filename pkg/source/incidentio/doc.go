// Package incidentio reads incidents from incident.io.
//
// All incidents are listed once, from the newest, each page from where the last one ended; from then on those that were updated.
// What an incident is follows from the category of its status, and when it began and ended from timestamps that every organisation
// names as it likes. Its updates are asked for only where they alone know: what it was merged into, or when it was closed.
package incidentio
