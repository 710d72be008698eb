package strict_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/strict"
)

type colour string

func (colour) Allowed() []string { return []string{"red", "green"} }

// grams is a text with a form of its own.
type grams int

func (g *grams) UnmarshalText(text []byte) error {
	_, err := fmt.Sscanf(string(text), "%dg", g)
	if err != nil {
		return fmt.Errorf("%q is no weight: allowed is a number with g", text)
	}
	return nil
}

type fruit struct {
	Name   string   `json:"name"`
	Colour colour   `json:"colour"`
	Weight grams    `json:"weight"`
	Ripe   bool     `json:"ripe"`
	Seeds  int      `json:"seeds"`
	Tags   []string `json:"tags"`
	Stem   *stem    `json:"stem"`
	Secret string   `json:"-"`
}

type stem struct {
	Length int64 `json:"length"`
}

func read(t *testing.T, text string) (fruit, error) {
	t.Helper()
	object, err := strict.Object([]byte(text))
	require.NoError(t, err)
	apple := fruit{Name: "apple", Colour: "red", Tags: []string{"sweet"}}
	return apple, strict.Decode("", object, &apple)
}

func TestWhatIsAbsentOrNullKeepsItsDefault(t *testing.T) {
	for _, text := range []string{`{}`, `null`, ``, `{"name":null,"tags":null,"stem":null}`} {
		apple, err := read(t, text)
		require.NoError(t, err)
		assert.Equal(t, fruit{Name: "apple", Colour: "red", Tags: []string{"sweet"}}, apple)
	}
}

func TestTextNumbersAndBooleansStandInForEachOther(t *testing.T) {
	apple, err := read(t, `{"name":12345678901,"colour":"green","weight":"150g","ripe":"true","seeds":"7","tags":[1,true,"x"],"stem":{"length":2}}`)
	require.NoError(t, err)
	assert.Equal(t, fruit{
		Name: "12345678901", Colour: "green", Weight: 150, Ripe: true, Seeds: 7,
		Tags: []string{"1", "true", "x"}, Stem: &stem{Length: 2},
	}, apple)
}

func TestEveryMistakeNamesItsFieldAndWhatIsAllowed(t *testing.T) {
	for text, want := range map[string]string{
		`{"nmae":"x"}`:              "nmae: there is no such key; allowed: name, colour, weight, ripe, seeds, tags, stem",
		`{"Secret":"x"}`:            "Secret: there is no such key; allowed: name, colour, weight, ripe, seeds, tags, stem",
		`{"-":"x"}`:                 "-: there is no such key; allowed: name, colour, weight, ripe, seeds, tags, stem",
		`{"name":{}}`:               "name: an object is not allowed; allowed: text",
		`{"name":[]}`:               "name: a list is not allowed; allowed: text",
		`{"colour":"blue"}`:         `colour: "blue" is not allowed; allowed: red, green`,
		`{"colour":""}`:             `colour: "" is not allowed; allowed: red, green`,
		`{"weight":"heavy"}`:        `weight: "heavy" is no weight: allowed is a number with g`,
		`{"weight":["1g"]}`:         "weight: a list is not allowed; allowed: text",
		`{"ripe":"yes"}`:            `ripe: "yes" is not allowed; allowed: true, false`,
		`{"ripe":{"deep":"x"}}`:     "ripe: an object is not allowed; allowed: true, false",
		`{"seeds":1.5}`:             "seeds: 1.5 is not allowed; allowed: a whole number",
		`{"seeds":1e30}`:            "seeds: 1e+30 is not allowed; allowed: a whole number",
		`{"seeds":["1"]}`:           "seeds: a list is not allowed; allowed: a whole number",
		`{"tags":"sweet"}`:          `tags: "sweet" is not allowed; allowed: a list`,
		`{"tags":["a",null]}`:       "tags[1]: is empty",
		`{"tags":["a",{}]}`:         "tags[1]: an object is not allowed; allowed: text",
		`{"stem":"long"}`:           `stem: "long" is not allowed; allowed: an object with length`,
		`{"stem":{"length":"two"}}`: `stem.length: "two" is not allowed; allowed: a whole number`,
		`{"stem":{"girth":2}}`:      "stem.girth: there is no such key; allowed: length",
	} {
		_, err := read(t, text)
		var mistake *strict.Error
		if assert.ErrorAs(t, err, &mistake, text) {
			assert.Equal(t, want, err.Error())
		}
	}
}

func TestAllMistakesAreToldTogetherInTheOrderOfTheirKeys(t *testing.T) {
	_, err := read(t, `{"seeds":"many","colour":"blue","stem":{"girth":1}}`)
	var joined interface{ Unwrap() []error }
	require.True(t, errors.As(err, &joined))
	var fields []string
	for _, each := range joined.Unwrap() {
		var mistake *strict.Error
		require.ErrorAs(t, each, &mistake)
		fields = append(fields, mistake.Field)
	}
	assert.Equal(t, []string{"colour", "seeds", "stem.girth"}, fields)
}

func TestAMistakeIsNotRepeatedAtLength(t *testing.T) {
	for _, field := range []string{"tags", "colour", "ripe", "seeds", "stem"} {
		long, err := json.Marshal(map[string]any{field: strings.Repeat("long ", 2000)})
		require.NoError(t, err)
		_, err = read(t, string(long))
		require.Error(t, err, field)
		assert.Less(t, len(err.Error()), 200, field)
	}
}

func TestWhatIsNoObjectIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		`[1]`:   "not a JSON object: it is a list",
		`"x"`:   `not a JSON object: it is "x"`,
		`5`:     "not a JSON object: it is 5",
		`{"a":`: "not a JSON object: unexpected end of JSON input",
	} {
		_, err := strict.Object([]byte(text))
		assert.EqualError(t, err, want)
	}
}

// basket holds what its kind says.
type basket struct {
	Kind  string
	Holds any
}

func TestATypeIsReadInItsOwnWayWhereItsKeysDependOnOneOfThem(t *testing.T) {
	read := strict.Reading(func(d *strict.Decoder, path string, value any, b *basket) {
		object, _ := value.(map[string]any)
		head := struct {
			Kind string `json:"kind"`
		}{}
		b.Holds = &fruit{}
		if object["kind"] == "stem" {
			b.Holds = &stem{}
		}
		d.Object(path, value, &head, b.Holds)
		b.Kind = head.Kind
		d.Choice(path+".kind", b.Kind, []string{"fruit", "stem"})
	})
	into := func(text string) ([]basket, error) {
		object, err := strict.Object([]byte(text))
		require.NoError(t, err)
		var shelf struct {
			Baskets []basket `json:"baskets"`
		}
		err = strict.Decode("", object, &shelf, read)
		return shelf.Baskets, err
	}
	baskets, err := into(`{"baskets":[{"kind":"stem","length":2},{"kind":"fruit","name":"pear"}]}`)
	require.NoError(t, err)
	assert.Equal(t, []basket{{"stem", &stem{Length: 2}}, {"fruit", &fruit{Name: "pear"}}}, baskets)

	_, err = into(`{"baskets":[{"kind":"stem","name":"pear"},{"kind":"leaf"},7]}`)
	assert.EqualError(t, err, "baskets[0].name: there is no such key; allowed: kind, length\n"+
		`baskets[1].kind: "leaf" is not allowed; allowed: fruit, stem`+"\n"+
		"baskets[2]: 7 is not allowed; allowed: an object with kind, name, colour, weight, ripe, seeds, tags, stem\n"+
		`baskets[2].kind: "" is not allowed; allowed: fruit, stem`)
}
