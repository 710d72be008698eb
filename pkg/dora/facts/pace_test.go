package facts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

func TestAServiceIsNewForAWhileAndQuietWhenItsHabitIsBroken(t *testing.T) {
	repo := doratest.Versions(t)
	for i, version := range []string{"V1", "V2", "V3", "V4", "V5"} {
		repo.Deploy("production", version, doratest.Hour(float64(24*i)))
	}
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	h.Apply(repo.Events...)
	pace := func(days int) facts.Pace {
		s := h.Derive(dora.DefaultDefinition())
		pace, _ := s.PaceOf(s.Services[0], doratest.Hour(float64(24*days)))
		return pace
	}
	assert.Equal(t, facts.PaceSteady, pace(6), "it is not known whether there were any before")
	h.Reach(map[string]time.Time{"github": doratest.Hour(-24 * 40)})
	assert.Equal(t, facts.PaceNew, pace(6))
	assert.Equal(t, facts.PaceSteady, pace(20))
	assert.Equal(t, facts.PaceQuiet, pace(36), "a daily habit is broken, and a month has gone by")
	h.Reach(map[string]time.Time{"github": doratest.Hour(-24 * 10)})
	assert.Equal(t, facts.PaceSteady, pace(6), "ten days before are no proof")
}
