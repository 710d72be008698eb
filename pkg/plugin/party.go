package plugin

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"google.golang.org/grpc"

	"github.com/livedora/dora-datasource/pkg/gate"
)

// party is whom something is done for: work takes turns, and streams have shares, by parties. Those whom Grafana does
// not name (nobody is logged in, or a public dashboard) are one, and alert rules are another.
type party struct {
	organisation int64
	login        string
}

// alerting is the login that alert rules are counted under; no person can have it.
const alerting = " alerting"

func partyOf(from backend.PluginContext, alerts bool) party {
	p := party{organisation: from.OrgID} //nolint:staticcheck // deprecated, but it is what every version of Grafana tells
	switch {
	case alerts:
		p.login = alerting
	case from.User != nil:
		p.login = from.User.Login
	}
	return p
}

func (p party) String() string { return strconv.FormatInt(p.organisation, 10) + "/" + p.login }

// handOverTime bounds how long an answer that nobody takes keeps its place.
const handOverTime = 10 * time.Second

// enter lets work in, and has its place kept until the answer is handed over: gRPC encodes it after the handler, puts it
// into the line of what is to be written, and then ends the request's context. From there on the codec counts it.
func enter(ctx context.Context, g *gate.Gate, w gate.Work) (leave func(), err error) {
	free, err := g.Enter(ctx, w)
	if err != nil || grpc.ServerTransportStreamFromContext(ctx) == nil {
		return free, err
	}
	var once sync.Once
	freed := func() { once.Do(free) }
	return func() {
		late := time.AfterFunc(handOverTime, freed)
		context.AfterFunc(ctx, func() {
			late.Stop()
			freed()
		})
	}, nil
}
