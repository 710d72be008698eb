package dora_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestARuleMayGoByTheTierOfAnEnvironment(t *testing.T) {
	in := func(environment, tier string) *dora.Deployment {
		return &dora.Deployment{Header: dora.Header{Source: "gitlab"}, Repository: "a/b", Environment: environment, Tier: tier}
	}
	tier := dora.DeploymentRule{Source: "gitlab", Tier: "production"}
	both := dora.DeploymentRule{Source: "gitlab", Tier: "production", Environment: dora.MustPattern("^eu-")}
	none := dora.DeploymentRule{Source: "gitlab"}
	for _, c := range []struct {
		deployment       *dora.Deployment
		tier, both, none bool
	}{
		{in("eu-live", "production"), true, true, false},
		{in("us-live", "Production"), true, false, false},
		{in("eu-test", "testing"), false, false, false},
		{in("production", "production"), true, false, true},
		{in("production", ""), false, false, true},
	} {
		assert.Equal(t, c.tier, tier.Matches(c.deployment, dora.DefaultProduction), "%+v", c.deployment)
		assert.Equal(t, c.both, both.Matches(c.deployment, dora.DefaultProduction), "%+v", c.deployment)
		assert.Equal(t, c.none, none.Matches(c.deployment, dora.DefaultProduction), "%+v", c.deployment)
	}
}
