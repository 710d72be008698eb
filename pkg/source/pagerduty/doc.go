// Package pagerduty reads incidents from PagerDuty.
//
// PagerDuty has no filter by last change. Its log is the feed: what it tells of, of any kind, names incidents that have changed,
// which are read as they are now. Incidents are listed by when they were created, from the newest backwards and each page from
// where the last one ended, so that no list is longer than PagerDuty allows and none shifts; beside them goes the log, since an
// incident that is resolved keeps no acknowledgement. What was deleted is missed from how many incidents there are.
package pagerduty
