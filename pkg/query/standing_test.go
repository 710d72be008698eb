package query_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/query"
)

func TestHowThingsStandNow(t *testing.T) {
	now := datasettest.At("Feb 02 09:00")
	broken := &dora.Incident{Header: dora.Header{Source: datasettest.Source, ID: "late"}, Repository: datasettest.Booking, Labels: []string{"incident"}, Opened: datasettest.At("Jan 31 09:00")}
	const day = 24 * hour
	for _, c := range []struct {
		asks    string
		booking *float64
		records *float64
	}{
		{`"standing":"open_incident"`, ptr(8 * day), nil}, // 502, the older one
		{`"standing":"last_deployment"`, ptr(16 * day), ptr(day)},
		{`"standing":"last_deployment","filters":[{"field":"environment","values":["moon"]}]`, nil, nil},
		{`"standing":"waiting_change"`, ptr(3 * day), nil},
		{`"standing":"unrecovered"`, nil, nil},
		{`"standing":"unrecovered","definition":{"incidentWindow":"9000h"}`, ptr(16 * day), nil}, // 106, held to have caused 502
	} {
		q := parse(t, `{"queryType":"standing",`+c.asks+`}`)
		stand := query.Stand(q, collected(t, broken).Derive(q.Definition), now)
		require.Len(t, stand, 2)
		for i, want := range []*float64{c.booking, c.records} {
			if want == nil {
				assert.Nil(t, stand[i].Value, "%s: nothing is not no time", c.asks)
			} else if assert.NotNil(t, stand[i].Value, c.asks) {
				assert.InDelta(t, *want, *stand[i].Value, 0, c.asks)
			}
		}
		assert.Equal(t, "booking access records care", stand[0].Service+" "+stand[0].Teams[0]+" "+stand[1].Service+" "+stand[1].Teams[0])
	}
	q := parse(t, `{"queryType":"standing","filters":[{"field":"team","values":["care"]}]}`)
	assert.Len(t, query.Stand(q, collected(t).Derive(q.Definition), now), 1)
	ahead := query.Stand(parse(t, `{"queryType":"standing"}`), collected(t).Derive(q.Definition), datasettest.At("Jan 25 09:00").Add(-time.Hour))
	assert.Zero(t, *ahead[0].Value, "a clock that is ahead makes no time run backwards")
}

func ptr(v float64) *float64 { return &v }
