package strict_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/strict"
)

func TestANameThatIsNotThereIsAnsweredWithThoseThatAre(t *testing.T) {
	assert.Equal(t, "there are none", strict.Among("bookign", nil))
	assert.Equal(t, "there are: booking, records", strict.Among("bookign", []string{"booking", "records"}))
	names := []string{"api", "booking", "booking-api", "cooking", "prescriptions"}
	for i := range 100 {
		names = append(names, fmt.Sprintf("generated-%d", i))
	}
	assert.Equal(t, "nearest of 105: booking, cooking, booking-api, api, generated-0", strict.Among("bookign", names))
	assert.Contains(t, strict.Among("PRESCRIPTION", names), "nearest of 105: prescriptions, ")
	assert.Contains(t, strict.Among("", names), "nearest of 105: api, ")
}
