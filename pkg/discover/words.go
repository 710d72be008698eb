package discover

import (
	"slices"
	"strings"
	"unicode"
)

// What names mean, by the words in them. A name that says nothing is not guessed at.

var (
	productionWords = []string{"prod", "production", "live", "prd"}
	otherWords      = []string{
		"staging", "stage", "stg", "test", "testing", "tst", "qa", "uat", "acc", "acceptance", "dev", "develop", "development", "preview", "review", "sandbox",
		"int", "integration", "demo", "preprod", "preproduction", "nonprod", "nonproduction", "e2e", "perf", "load", "training", "local", "pr", "canary",
	}
	deployWords = []string{"deploy", "deploys", "deployment", "release", "ship", "rollout", "cd", "promote", "delivery"}
	regionWords = []string{"eu", "us", "uk", "de", "fr", "ap", "asia", "europe", "america", "west", "east", "north", "south", "central", "blue", "green", "a", "b", "global", "primary", "secondary"}
)

// wordsIn are the words of a name in lower case, without the numbers at their ends.
func wordsIn(name string) (words []string) {
	for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if trimmed := strings.TrimRightFunc(word, unicode.IsDigit); trimmed != "" {
			words = append(words, trimmed)
		}
	}
	return words
}

func anyOf(words, known []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(known, word) })
}

// meaning is what an environment is for.
type meaning int

const (
	unknown meaning = iota
	production
	other
)

// meaningOf goes by the tier where the vendor tells one that is told apart, and by the name else.
func meaningOf(environment, tier string) meaning {
	words := wordsIn(environment)
	for i, word := range words[:max(0, len(words)-1)] {
		if (word == "pre" || word == "non" || word == "not") && slices.Contains(productionWords, words[i+1]) {
			return other
		}
	}
	switch {
	case anyOf(words, otherWords):
		return other
	case anyOf(words, productionWords), tier == "production":
		return production
	case tier != "" && tier != "other":
		return other
	}
	return unknown
}

// deploying says whether a workflow or pipeline of a name deploys, and how sure that is; false: it does not, or elsewhere than
// to production.
func deploying(name string) (Sureness, bool) {
	words := wordsIn(name)
	deploys, toProduction := anyOf(words, deployWords), anyOf(words, productionWords)
	switch {
	case meaningOf(name, "") == other:
		return Unsure, false
	case deploys && toProduction:
		return Sure, true
	case deploys:
		return Likely, true
	case toProduction, slices.Contains(words, "publish"):
		return Unsure, true
	}
	return Unsure, false
}

// deployables are names at a repository's root that say that it is something that runs.
var deployables = []string{
	"dockerfile", "docker-compose.yml", "docker-compose.yaml", "compose.yaml", "procfile", "fly.toml", "serverless.yml", "app.yaml", "skaffold.yaml", "helmfile.yaml",
	"helm/", "chart/", "charts/", "k8s/", "kubernetes/", "deploy/", "deployment/", "manifests/", "terraform/",
}

func runs(files []string) (sign string, found bool) {
	for _, each := range files {
		if slices.Contains(deployables, strings.ToLower(each)) {
			return each, true
		}
	}
	return "", false
}
