package mangle_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/mangle"
)

func TestWhatIsSpoiltIsNeverTheSameAndMostlyStillJSON(t *testing.T) {
	const good = `{"metric":"lead_time","groupBy":["service","team"],"filters":[{"field":"service","values":["a"]}]}`
	spoil := func() (texts map[string]bool, valid int) {
		random := rand.New(rand.NewPCG(1, 2))
		texts = map[string]bool{}
		for range 1000 {
			text := mangle.JSON(random, good)
			texts[text] = true
			if json.Valid([]byte(text)) {
				valid++
			}
		}
		return texts, valid
	}
	texts, valid := spoil()
	again, _ := spoil()
	assert.Equal(t, texts, again, "the same seed gives the same")
	assert.Greater(t, len(texts), 700)
	assert.Greater(t, valid, 700)
}
