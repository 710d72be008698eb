package world

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What becomes of repositories, deployments and issues when people tidy up: they are renamed, handed on and deleted.

// Rename gives a repository another owner/name. Its old one leads on to it, until a repository has that name.
func (w *World) Rename(from, to string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, err := w.named(from)
	if err != nil {
		return err
	}
	if other := w.holder(to); other != nil && other != r {
		return fmt.Errorf("there is a repository %s", to)
	}
	w.rename(r, to)
	return nil
}

// Swap has two repositories take each other's name.
func (w *World) Swap(one, other string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, err := w.named(one)
	if err != nil {
		return err
	}
	b, err := w.named(other)
	if err != nil {
		return err
	}
	first, second := a.fullName(), b.fullName()
	w.rename(a, first+"-in-between")
	w.rename(b, first)
	w.rename(a, second)
	return nil
}

func (w *World) rename(r *repository, to string) {
	if w.former == nil {
		w.former = map[string]*repository{}
	}
	w.former[strings.ToLower(r.fullName())] = r
	r.owner, r.name, _ = strings.Cut(to, "/")
	delete(w.former, strings.ToLower(to))
}

// Remove deletes a repository.
func (w *World) Remove(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, err := w.named(name)
	if err == nil {
		w.repos = slices.DeleteFunc(w.repos, func(other *repository) bool { return other == r })
	}
	return err
}

// RemoveDeployment deletes a repository's deployment of a place in its list, from the oldest, and gives its number.
func (w *World) RemoveDeployment(name string, place int) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, err := w.named(name)
	if err != nil || place >= len(r.deployments) {
		return 0, fmt.Errorf("there is no deployment %d: %w", place, err)
	}
	gone := r.deployments[place]
	r.deployments = slices.Delete(r.deployments, place, place+1)
	return gone.id, nil
}

// Incidents are the numbers of a repository's issues with the label incident, the oldest first.
func (w *World) Incidents(name string) []int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var numbers []int
	if r, err := w.named(name); err == nil {
		for _, i := range r.issues {
			if slices.Contains(i.labels, "incident") {
				numbers = append(numbers, i.number)
			}
		}
	}
	return numbers
}

// TransferIssue moves an issue to another repository, where it has another number, and gives that. To no repository:
// it is deleted.
func (w *World) TransferIssue(from string, number int, to string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, err := w.named(from)
	if err != nil {
		return 0, err
	}
	at := slices.IndexFunc(r.issues, func(i *issue) bool { return i.number == number })
	if at < 0 {
		return 0, fmt.Errorf("%s has no issue %d", from, number)
	}
	moved := *r.issues[at]
	r.issues = slices.Delete(r.issues, at, at+1)
	if to == "" {
		return 0, nil
	}
	target, err := w.named(to)
	if err != nil {
		return 0, err
	}
	moved.repo, moved.number, moved.updated = target, target.number(), w.clock
	target.issues = append(target.issues, &moved)
	return moved.number, nil
}

// MergedPulls are the numbers of a repository's merged pull requests, the oldest first.
func (w *World) MergedPulls(name string) []int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var numbers []int
	if r, err := w.named(name); err == nil {
		for _, p := range r.pulls {
			if !p.merged.IsZero() {
				numbers = append(numbers, p.number)
			}
		}
	}
	return numbers
}

// HidePull has a pull request shown nowhere any more, as happens to one whose author is gone as a spammer, or has it
// shown again; nothing else tells of it.
func (w *World) HidePull(name string, number int, hidden bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, err := w.named(name)
	if err != nil {
		return err
	}
	from, to := &r.pulls, &r.hidden
	if !hidden {
		from, to = to, from
	}
	at := slices.IndexFunc(*from, func(p *pull) bool { return p.number == number })
	if at < 0 {
		return fmt.Errorf("%s has no such pull request: %d", name, number)
	}
	p := (*from)[at]
	p.hidden = hidden
	*from, *to = slices.Delete(*from, at, at+1), append(*to, p)
	slices.SortFunc(r.pulls, func(a, b *pull) int { return a.number - b.number })
	return nil
}

// Hidden are the numbers of a repository's pull requests that are not shown.
func (w *World) Hidden(name string) []int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var numbers []int
	if r, err := w.named(name); err == nil {
		for _, p := range r.hidden {
			numbers = append(numbers, p.number)
		}
	}
	return numbers
}

// Reset forces the main line of a repository back by some commits, or where it says, and gives its head before. It cuts no
// pull request in two that landed as several commits.
func (w *World) Reset(name string, back int, head string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, err := w.named(name)
	if err != nil {
		return "", err
	}
	before, to := r.main.sha, r.main
	for ; back > 0 && len(to.parents) > 0; back-- {
		to = to.parents[0]
	}
	for slices.ContainsFunc(to.pulls, func(p *pull) bool { return p.landed != to && !slices.Contains(p.commits, to) }) {
		to = to.parents[0]
	}
	if head != "" {
		if to = r.commits[head]; to == nil {
			return "", fmt.Errorf("%s has no commit %s", name, head)
		}
	}
	r.main = to
	if r.pushed = r.pushed.Add(time.Second); r.pushed.Before(w.clock) {
		r.pushed = w.clock
	}
	return before, nil
}

func (w *World) named(name string) (*repository, error) {
	if r := w.holder(name); r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("there is no repository %s", name)
}

// holder is the repository that has a name now.
func (w *World) holder(name string) *repository {
	for _, r := range w.repos {
		if strings.EqualFold(r.fullName(), name) {
			return r
		}
	}
	return nil
}

// owned are the organisation's repositories.
func (w *World) owned() []*repository {
	owned := make([]*repository, 0, len(w.repos))
	for _, r := range w.repos {
		if r.owner == Organization {
			owned = append(owned, r)
		}
	}
	return owned
}
