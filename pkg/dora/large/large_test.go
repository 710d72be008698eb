package large_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

func TestAHistoryHasItsSizeAndIsWhollyMeasured(t *testing.T) {
	size := large.Size{Services: 3, Deployments: 20, Changes: 4, Months: 2, Every: 5}
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	for e := range size.Events() {
		h.Apply(e)
	}
	assert.Equal(t, map[dora.Kind]int{dora.KindRepository: 3, dora.KindDeployment: 60, dora.KindChange: 240, dora.KindCommit: 240, dora.KindIncident: 12}, h.Counts()[large.Source])
	s := h.Derive(dora.DefaultDefinition())
	require.Len(t, s.Services, 3)
	for i, f := range s.Services {
		assert.Equal(t, large.Name(i), f.Service.Name)
		assert.Len(t, f.Deployments, 20)
		assert.Len(t, f.Incidents, 4)
		assert.Empty(t, f.Waiting)
		assert.Equal(t, map[facts.Reason]int{facts.ReasonFirstDeployment: 4}, f.Unmeasured)
		for _, d := range f.Deployments {
			assert.Len(t, f.Shipments().Of(d), 4)
			assert.False(t, d.Finished.Before(large.Begin) || d.Finished.After(size.End()))
		}
		assert.True(t, slices.ContainsFunc(f.Deployments, (*facts.Deployment).Failed))
	}
}

func TestAServiceIsTheSameInHistoriesOfDifferentSizes(t *testing.T) {
	small, big := large.L, large.L
	small.Services, small.Deployments, big.Deployments = 10, 5, 5
	assert.Equal(t, slices.Collect(small.Service(7).Events()), slices.Collect(big.Service(7).Events()))
	assert.NotEqual(t, slices.Collect(big.Service(7).Events()), slices.Collect(big.Service(8).Events()))
}

func TestTheHistoryGoesOn(t *testing.T) {
	size := large.Size{Services: 1, Deployments: 5, Changes: 2, Months: 1, Every: 5}
	service := size.Service(0)
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	h.Apply(slices.Collect(service.Events())...)
	h.Apply(service.Deploy(size.End())...)
	f := h.Derive(dora.DefaultDefinition()).Services[0]
	require.Len(t, f.Deployments, 6)
	assert.Equal(t, 2, f.Deployments[5].Shipped)
	assert.Empty(t, f.Waiting)
}
