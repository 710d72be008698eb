// Package mangle spoils good texts in every way that a program, a person or a line may, for tests of what reads them. It
// knows nothing of the project. What it does depends on the source of chance alone.
package mangle

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
)

// JSON spoils a JSON text: mostly what it says, now and then the text itself.
func JSON(random *rand.Rand, text string) string {
	var value any
	if random.IntN(5) == 0 || json.Unmarshal([]byte(text), &value) != nil {
		return Text(random, text)
	}
	for range 1 + random.IntN(3) {
		places := 0
		count(value, &places)
		at := random.IntN(places)
		value = spoil(random, value, &at)
	}
	spoilt, err := json.Marshal(value)
	if err != nil {
		panic(err) // it was JSON, and so is all that is put into it
	}
	return string(spoilt)
}

// Text spoils any text by its bytes.
func Text(random *rand.Rand, text string) string {
	bytes := []byte(text)
	at := func() int { return random.IntN(len(bytes) + 1) }
	for range 1 + random.IntN(4) {
		i, j := at(), at()
		i, j = min(i, j), max(i, j)
		switch random.IntN(6) {
		case 0: // cut
			bytes = bytes[:j]
		case 1: // a stretch is lost
			bytes = slices.Delete(bytes, i, min(j, i+8))
		case 2: // a stretch comes twice
			bytes = slices.Insert(bytes, i, slices.Clone(bytes[i:min(j, i+64)])...)
		case 3: // something else comes in
			bytes = slices.Insert(bytes, i, []byte(strange[random.IntN(len(strange))])...)
		case 4: // a bit flips
			if i < len(bytes) {
				bytes[i] ^= 1 << random.IntN(8)
			}
		case 5: // another byte
			if i < len(bytes) {
				bytes[i] = byte(random.IntN(256))
			}
		}
	}
	return string(bytes)
}

// strange are texts that readers have stumbled over.
var strange = []string{
	"", " ", "\x00", "\xff\xfe", "\ufeff", "\u202e", "%", "%s%n", "'", `"`, "\\", "\n", "*", "**", "?", "[", "](", "(", "(?i", "(a*)*$", strings.Repeat("(x+x+)+", 30), "a{1000}{1000}", "!",
	"../../etc/passwd", "$__env{HOME}", "-1", "0", "1e999", "NaN", "9223372036854775808", "99999999999999999999999999", "null", "true", "now-999999y", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
	"2024-02-30", "Local", "Europe/London", "<script>", "#", "&", "+", "%00", "%zz", ";", ",", strings.Repeat("a", 5000), strings.Repeat("é", 700), strings.Repeat("[", 300), strings.Repeat(`{"a":`, 100),
}

// odd are values that are seldom meant.
func odd(random *rand.Rand) any {
	switch random.IntN(9) {
	case 0:
		return nil
	case 1:
		return random.IntN(2) == 0
	case 2:
		return []float64{0, -1, 1, 0.5, 1e15, -1e300, 1e308, 1 << 53, 2147483648}[random.IntN(9)]
	case 3:
		return []any{}
	case 4:
		return map[string]any{}
	case 5:
		many := make([]any, 1200)
		for i := range many {
			many[i] = "x"
		}
		return many
	case 6:
		var deep any = "x"
		for range 200 {
			deep = []any{deep}
		}
		return deep
	default:
		return strange[random.IntN(len(strange))]
	}
}

func count(value any, places *int) {
	*places++
	switch v := value.(type) {
	case map[string]any:
		for _, each := range v {
			count(each, places)
		}
	case []any:
		for _, each := range v {
			count(each, places)
		}
	}
}

// spoil changes one place of a value, the one that so many come before.
func spoil(random *rand.Rand, value any, before *int) any {
	if *before == 0 {
		*before--
		return spoilHere(random, value)
	}
	*before--
	switch v := value.(type) {
	case map[string]any:
		for _, key := range keys(v) {
			if *before >= 0 {
				v[key] = spoil(random, v[key], before)
			}
		}
	case []any:
		for i := range v {
			if *before >= 0 {
				v[i] = spoil(random, v[i], before)
			}
		}
	}
	return value
}

func spoilHere(random *rand.Rand, value any) any {
	switch v := value.(type) {
	case map[string]any:
		names := keys(v)
		switch {
		case random.IntN(3) == 0:
			v[strange[random.IntN(len(strange))]] = odd(random)
			return v
		case random.IntN(2) == 0 && len(names) > 0:
			delete(v, names[random.IntN(len(names))])
			return v
		case len(names) > 0 && random.IntN(2) == 0: // under another name
			name := names[random.IntN(len(names))]
			v[Text(random, name)] = v[name]
			delete(v, name)
			return v
		}
	case []any:
		switch {
		case random.IntN(2) == 0 && len(v) > 0: // one comes twice
			return append(slices.Clone(v), v[random.IntN(len(v))])
		case random.IntN(2) == 0:
			return append(slices.Clone(v), odd(random))
		}
	case string:
		if random.IntN(2) == 0 {
			return Text(random, v)
		}
	}
	return odd(random)
}

func keys(object map[string]any) []string {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
