package world

import (
	"fmt"
	"math/rand/v2"
)

// person is someone, or some bot, who acts on GitHub. A bot's login has no suffix here: GraphQL gives it so, REST adds `[bot]`.
type person struct {
	id    int64
	login string
	bot   bool
}

func (p *person) restLogin() string {
	if p.bot {
		return p.login + "[bot]"
	}
	return p.login
}

func (p *person) name() string {
	return p.restLogin()
}

func (p *person) email() string {
	return fmt.Sprintf("%d+%s@users.noreply.github.com", p.id, p.restLogin())
}

// staff are the organisation's pseudonyms, eight to a team, and its bots.
type staff struct {
	devs     []*person
	renovate *person
	actions  *person
	webFlow  *person
}

const (
	teamSize = 8
	teams    = 8
)

func hire() staff {
	s := staff{
		renovate: &person{id: 29139614, login: "renovate", bot: true},
		actions:  &person{id: 41898282, login: "github-actions", bot: true},
		webFlow:  &person{id: 19864447, login: "web-flow"},
	}
	for i := range teams * teamSize {
		s.devs = append(s.devs, &person{id: 70_000_001 + int64(i)*3, login: fmt.Sprintf("dev-%02d", i+1)})
	}
	return s
}

// team is the people of the n-th team.
func (s staff) team(n int) []*person { return s.devs[n*teamSize : (n+1)*teamSize] }

// colleague is somebody of the team who is not p.
func colleague(rng *rand.Rand, team []*person, p *person) *person {
	for {
		if other := team[rng.IntN(len(team))]; other != p {
			return other
		}
	}
}
