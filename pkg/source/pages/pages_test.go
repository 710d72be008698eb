package pages_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source/pages"
)

type item string

func (i item) Key() string { return string(i) }

func key(i *item) string { return string(*i) }

// list is one that is read by pages of two, from its newest entry.
type list []item

func (l list) page(number int) (found []*item, next int) {
	from, to := min(len(l), 2*(number-1)), min(len(l), 2*number)
	for i := range l[from:to] {
		found = append(found, &l[from+i])
	}
	if to < len(l) {
		next = number + 1
	}
	return found, next
}

func met(all []*item) (found []item) {
	for _, each := range all {
		found = append(found, *each)
	}
	return found
}

func TestAListThatGrowsWhileItIsReadLosesNothing(t *testing.T) {
	l := list{"e", "d", "c", "b", "a"}
	reads := 0
	all, err := pages.All(key, func(number int) ([]*item, int, error) {
		reads++
		found, next := l.page(number)
		if number == 1 {
			l = append(list{"f"}, l...) // pushes d to the second page
		}
		return found, next, nil
	})
	require.NoError(t, err)
	for _, each := range []item{"a", "b", "c", "d", "e"} {
		assert.Contains(t, met(all), each)
	}
}

func TestAPageThatRepeatsWhatWasReadIsReadAgain(t *testing.T) {
	l := list{"d", "c", "b", "a"}
	m := new(pages.Moving)
	first, next, err := pages.GoOn(m, 1, key, func(number int) ([]*item, int, error) { f, n := l.page(number); return f, n, nil })
	require.NoError(t, err)
	assert.Equal(t, []item{"d", "c"}, met(first))
	reads := 0
	second, next, err := pages.GoOn(m, next, key, func(number int) ([]*item, int, error) {
		if reads++; reads == 1 {
			return []*item{&l[1], &l[2]}, 3, nil // it moved for a moment
		}
		f, n := l.page(number)
		return f, n, nil
	})
	require.NoError(t, err)
	assert.Equal(t, []item{"b", "a"}, met(second))
	assert.Zero(t, next)
	assert.Equal(t, 2, reads)
}

func TestAListWithoutAnEndIsLeft(t *testing.T) {
	same := item("a")
	for name, next := range map[string]func(int) int{"onwards": func(n int) int { return n + 1 }, "to itself": func(n int) int { return n }, "back": func(int) int { return 1 }} {
		reads := 0
		_, err := pages.All(key, func(number int) ([]*item, int, error) {
			reads++
			return []*item{&same}, next(number), nil
		})
		require.ErrorIs(t, err, pages.ErrNoEnd, name)
		assert.Less(t, reads, 1000, name)
	}
	var way pages.Trail
	require.NoError(t, way.Follow(1, pages.Info{HasNextPage: true, EndCursor: "x"}))
	require.ErrorIs(t, way.Follow(1, pages.Info{HasNextPage: true, EndCursor: "x"}), pages.ErrNoEnd, "the same token again")
}

func TestAFailedPageIsNoEnd(t *testing.T) {
	lost := errors.New("lost")
	all, err := pages.All(key, func(number int) ([]*item, int, error) {
		if number == 2 {
			return nil, 0, lost
		}
		one := item("a")
		return []*item{&one}, number + 1, nil
	})
	require.ErrorIs(t, err, lost)
	assert.Empty(t, all, "what was read of a list is not the list")
}

func TestAHoleInAConnectionIsNotReadAsNothing(t *testing.T) {
	var p pages.Page[named]
	require.ErrorIs(t, json.Unmarshal([]byte(`{"nodes":[{"id":"1"},null]}`), &p), pages.ErrHole)
	require.NoError(t, json.Unmarshal([]byte(`{"nodes":[{"id":"1"},{"id":"2"}],"totalCount":3,"pageInfo":{"hasNextPage":true,"endCursor":"x"}}`), &p))
	require.NoError(t, p.Extend([]byte(`{"nodes":[{"id":"2"},{"id":"3"}],"pageInfo":{"hasNextPage":false}}`)))
	ids := slices.Collect(func(yield func(string) bool) {
		for _, each := range p.Nodes {
			yield(each.ID)
		}
	})
	assert.Equal(t, []string{"1", "2", "3"}, ids, "what the list repeats is there once")
	assert.True(t, p.Counted)
	_, more := p.After()
	assert.False(t, more)
}

type named struct{ ID string }

func (n named) Key() string { return n.ID }
