package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/livedora/dora-datasource/pkg/demo"
)

func worldCommand(ctx context.Context, args []string, out, log io.Writer) error {
	f := flags("world", log)
	var o demo.OrganisationOptions
	f.StringVar(&o.Listen, "listen", "127.0.0.1:0", "`HOST:PORT`; port 0 is a free one")
	f.StringVar(&o.Token, "token", "", "`TOKEN` that requests must carry (default: a random one)")
	f.Uint64Var(&o.Seed, "seed", 1, "`N`: the same N at the same time is the same organisation")
	f.DurationVar(&o.DeployEvery, "deploy-every", 0, "`DURATION` after which someone deploys the next service, such as 30s (default: whenever they work)")
	f.StringVar(&o.Webhooks, "webhooks", "", "`URL` that is told of everything that happens, signed with the token")
	if err := parse(f, args); err != nil {
		return err
	}
	random := o.Token == ""
	organisation, err := demo.Found(o)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "The invented organisation example-health speaks GitHub's API at %s\n", organisation.URL)
	for _, each := range organisation.Elsewhere() {
		_, _ = fmt.Fprintf(out, "It speaks %s at %s\n", each.Type, each.Path)
	}
	if random { // one that was given is known, and may be a secret
		_, _ = fmt.Fprintf(out, "Its token is %s\n", organisation.Token)
	}
	<-ctx.Done()
	return organisation.Close()
}
