package plugin

import (
	"context"
	"log/slog"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"

	"github.com/livedora/dora-datasource/pkg/gate"
	"github.com/livedora/dora-datasource/pkg/rest"
)

// CallResource answers programs: the REST API and webhooks. Grafana lets everyone in who may query the data source, so
// what each may do is decided behind it, by the user that Grafana names.
func (i *Instance) CallResource(ctx context.Context, request *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	return httpadapter.New(rest.New(rest.Options{Open: i.open, Caller: callerOf, Enter: i.enterCall, Logger: slog.New(logHandler{})})).CallResource(ctx, request, sender)
}

func callerOf(ctx context.Context) (rest.Caller, bool) {
	user := backend.PluginConfigFromContext(ctx).User
	if user == nil {
		return rest.Caller{}, false
	}
	return rest.Caller{Login: user.Login, Role: rest.Role(user.Role)}, true
}

// enterCall lets a program's request in beside the queries. How its answer travels on from here is the codec's to count: it
// is handed over in one piece, or in small ones.
func (i *Instance) enterCall(ctx context.Context, w gate.Work) (leave func(), err error) {
	w.Party = partyOf(backend.PluginConfigFromContext(ctx), false).String()
	return i.gate.Enter(ctx, w)
}
