package main

import (
	"fmt"
	"time"
)

// times are how long something took, in order.
type times []time.Duration

func (t times) median() time.Duration {
	if len(t)%2 == 0 {
		return (t[len(t)/2-1] + t[len(t)/2]) / 2
	}
	return t[len(t)/2]
}

// table is printed line by line, as Markdown.
type table struct{}

func (table) head() {
	fmt.Println("| what | min | median | max | target | |")
	fmt.Println("| --- | --- | --- | --- | --- | --- |")
}

func (table) row(what string, t times, target time.Duration) {
	met := "met"
	if t.median() > target {
		met = "not met"
	}
	fmt.Printf("| %s | %s | %s | %s | ≤ %s | %s |\n", what, shown(t[0]), shown(t.median()), shown(t[len(t)-1]), shown(target), met)
}

func (table) note(what, figure, target string) {
	fmt.Printf("| %s | | %s | | %s | |\n", what, figure, target)
}

// shown rounds to what a noisy machine can tell.
func shown(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}
