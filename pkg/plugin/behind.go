package plugin

import (
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dataset"
)

// farBehind is how far a replica may be behind before panels say so: sources are read more seldom than that.
const farBehind = time.Minute

// replicaBehind says how far the replica is behind that is read; empty: none is.
func replicaBehind(d *dataset.Dataset) string {
	b := d.Behind()
	switch {
	case b == nil:
		return ""
	case b.Primary:
		return " This Grafana only reads (store.use: replica), and the server that it reads is no replica."
	case b.Cut && b.Unknown:
		return " This Grafana reads from a replica that hears nothing from its primary: look at the replica."
	case b.Cut:
		return fmt.Sprintf(" This Grafana reads from a replica that hears nothing from its primary, and lacks what was written in the last %s: look at the replica.", b.By.Round(time.Second))
	case b.Unknown:
		return " This Grafana reads from a replica, which does not say how far it is behind."
	case b.By >= time.Second:
		return fmt.Sprintf(" This Grafana reads from a replica, which is up to %s behind.", b.By.Round(time.Second))
	}
	return " This Grafana reads from a replica, which is up to date."
}

// behindNotices tell that figures lack what a replica has not got.
func behindNotices(d *dataset.Dataset) []data.Notice {
	if b := d.Behind(); b != nil && (b.Cut || b.By >= farBehind) {
		return []data.Notice{{Severity: data.NoticeSeverityWarning, Text: replicaBehind(d)[1:]}}
	}
	return nil
}
