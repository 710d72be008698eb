package jenkins

import (
	"errors"
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// rule says of some jobs into which environment their builds deploy: one line of the settings.
//
//	deploy/production/** -> production
//	deploy/*/release -> *
//	platform/**, stage Deploy to * -> *
//	ops/deploy, parameter TARGET=live* -> production
//	!ops/deploy, parameter DRY_RUN=true
type rule struct {
	line string
	jobs glob
	by   by
	// parameter is the name of the parameter that decides; value is what it, or a stage's name, has to be like.
	parameter string
	value     glob
	// into is the environment; * in it is what the last star of the line's left stands for.
	into string
	// leaves says that such builds deploy nothing.
	leaves bool
}

// by is what of a build decides.
type by int

const (
	byJob by = iota
	byStage
	byParameter
)

// ruleForm is what a line looks like, in what the regular expressions of Go and browsers have in common.
const ruleForm = `^(!\s*[^,>]*[^\s,>](,\s*parameter\s+[^\s=]+\s*=.+)?|[^!,>][^,>]*(,\s*(stage\s+.+|parameter\s+[^\s=]+(\s*=.+)?))?\s+->\s+\S.*)$`

const (
	stageWord     = "stage "
	parameterWord = "parameter "
)

func newRule(line string) (*rule, error) {
	r := &rule{line: strings.TrimSpace(line)}
	text := r.line
	if bare, leaves := strings.CutPrefix(text, "!"); leaves {
		r.leaves, text = true, bare
	} else {
		at := strings.LastIndex(text, "->")
		if at < 0 {
			return nil, errors.New("has no ->")
		}
		text, r.into = text[:at], strings.TrimSpace(text[at+len("->"):])
		if r.into == "" {
			return nil, errors.New("names no environment")
		}
	}
	jobs, condition, conditional := strings.Cut(text, ",")
	if jobs = strings.Trim(strings.TrimSpace(jobs), "/"); jobs == "" {
		return nil, errors.New("names no jobs")
	}
	r.jobs = newGlob(jobs)
	condition = strings.TrimSpace(condition)
	switch stage, isStage := strings.CutPrefix(condition, stageWord); {
	case !conditional:
	case isStage && !r.leaves:
		r.by, r.value = byStage, anyText(strings.TrimSpace(stage))
	case strings.HasPrefix(condition, parameterWord):
		name, value, compared := strings.Cut(condition[len(parameterWord):], "=")
		if r.leaves && !compared {
			return nil, errors.New("compares the parameter with nothing")
		}
		if !compared {
			value = "*"
		}
		r.by, r.parameter, r.value = byParameter, strings.TrimSpace(name), anyText(strings.TrimSpace(value))
	default:
		return nil, errors.New("names something else than a stage or a parameter")
	}
	return r, nil
}

func newRules(lines []string) (rules []*rule, err error) {
	leads := false
	for _, line := range lines {
		r, err := newRule(line)
		if err != nil {
			return nil, fmt.Errorf("jobs: %q %w; allowed: %s", line, err, ruleForms)
		}
		leads = leads || !r.leaves
		rules = append(rules, r)
	}
	if !leads {
		return nil, errors.New("jobs: at least one line that says where jobs deploy is needed")
	}
	return rules, nil
}

// environmentLimit bounds the name of an environment, in bytes: what a parameter says may be anything.
const environmentLimit = 200

// environment is where a rule's builds deploy to, by what its last star stands for.
func (r *rule) environment(star string) string {
	return strings.TrimSpace(dora.Shorten(strings.ReplaceAll(r.into, "*", star), environmentLimit))
}

// target is an environment that a build deploys into, and the stage that does, where one decides.
type target struct{ environment, stage string }

// ofJob are the rules of a job; none where it deploys nothing.
func ofJob(rules []*rule, job string) (found []*rule) {
	for _, r := range rules {
		if _, matches := r.jobs.match(job); !matches {
			continue
		}
		if r.leaves && r.by == byJob {
			return nil
		}
		found = append(found, r)
	}
	for _, r := range found {
		if !r.leaves {
			return found
		}
	}
	return nil
}

// stages says that a job's stages decide.
func stages(rules []*rule) bool {
	for _, r := range rules {
		if r.by == byStage {
			return true
		}
	}
	return false
}

// targets are where a build of a job deploys to by its name and parameters, and the rules that stages decide.
func targets(rules []*rule, job string, parameters map[string]string) (found []target, staged []*rule) {
	for _, r := range rules {
		if value, given := parameters[r.parameter]; r.leaves && given {
			if _, matches := r.value.match(value); matches {
				return nil, nil
			}
		}
	}
	add := func(environment string) {
		if environment == "" {
			return
		}
		for _, other := range found {
			if strings.EqualFold(other.environment, environment) {
				return
			}
		}
		found = append(found, target{environment: environment})
	}
	for _, r := range rules {
		switch star, _ := r.jobs.match(job); {
		case r.leaves:
		case r.by == byJob:
			add(r.environment(star))
		case r.by == byStage:
			staged = append(staged, r)
		default:
			if value, given := parameters[r.parameter]; given {
				if star, matches := r.value.match(value); matches {
					add(r.environment(star))
				}
			}
		}
	}
	return found, staged
}
