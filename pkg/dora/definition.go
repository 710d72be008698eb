package dora

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Definition says how a team reads its metrics. Each option is a reading that METRICS.md's formulas provide for; none
// is a second formula. Every answer carries the definition that it was computed with.
type Definition struct {
	// Unit is what lead time is measured for.
	Unit Unit `json:"unit"`
	// LeadTimeStart is where lead time begins.
	LeadTimeStart LeadTimeStart `json:"leadTimeStart"`
	Bots          Bots          `json:"bots"`
	// Redeploys says whether a deployment of the version that already runs counts in deployment frequency.
	Redeploys Inclusion `json:"redeploys"`
	// Evidence lists what marks a deployment as failed.
	Evidence []EvidenceKind `json:"evidence"`
	// IncidentWindow is how long after a deployment an incident that names none still counts against it.
	IncidentWindow Duration `json:"incidentWindow"`
	// Hotfix says which changes are urgent fixes.
	Hotfix   Hotfix   `json:"hotfix"`
	Recovery Recovery `json:"recovery"`
	Rework   Rework   `json:"rework"`
}

// Bots says who is a machine and what its changes count for.
type Bots struct {
	// Pattern matches the names of authors that are machines.
	Pattern Pattern `json:"pattern"`
	// LeadTime says whether changes by machines have lead times.
	LeadTime Inclusion `json:"leadTime"`
	// Frequency says whether a deployment that ships changes of machines alone counts in deployment frequency.
	Frequency Inclusion `json:"frequency"`
}

// Hotfix says which changes are urgent fixes: those with any of the labels or from a branch that matches.
type Hotfix struct {
	Labels   []string `json:"labels"`
	Branches Pattern  `json:"branches"`
}

// Key tells definitions apart.
func (d *Definition) Key() string {
	text, _ := json.Marshal(d) // plain data: it cannot fail
	return string(text)
}

// Same says whether two definitions read everything alike.
func Same(a, b Definition) bool { return a.Key() == b.Key() }

// Is says whether a change is an urgent fix.
func (h *Hotfix) Is(c *Change) bool {
	return anyLabel(c.Labels, h.Labels) || h.Branches.Match(c.Branch)
}

// DefaultDefinition is the reading of METRICS.md where settings say nothing else.
func DefaultDefinition() Definition {
	return Definition{
		Unit:           UnitChange,
		LeadTimeStart:  StartFirstCommit,
		Bots:           Bots{Pattern: MustPattern(`(?i)\[bot\]$`), LeadTime: Exclude, Frequency: Include},
		Redeploys:      Include,
		Evidence:       []EvidenceKind{EvidenceExplicit, EvidenceRollback, EvidenceRemedy, EvidenceIncident},
		IncidentWindow: Duration(24 * time.Hour),
		Hotfix:         Hotfix{Labels: []string{"hotfix"}, Branches: MustPattern(`^hotfix/`)},
		Recovery:       RecoveryOfDeployment,
		Rework:         ReworkFix,
	}
}

// Uses says whether a kind of evidence is switched on.
func (d *Definition) Uses(kind EvidenceKind) bool { return slices.Contains(d.Evidence, kind) }

// Unit is what lead time is measured for.
type Unit string

// The units of lead time.
const (
	UnitChange      Unit = "change"       // each merged pull request, and each main-line commit that belongs to none
	UnitPullRequest Unit = "pull_request" // changes that were a pull request
	UnitCommit      Unit = "commit"       // each commit that is not a merge
)

// Allowed lists the values that settings and queries may name.
func (Unit) Allowed() []string {
	return []string{string(UnitChange), string(UnitPullRequest), string(UnitCommit)}
}

// LeadTimeStart is where lead time begins.
type LeadTimeStart string

// The starts of lead time.
const (
	StartFirstCommit LeadTimeStart = "first_commit"
	StartOpened      LeadTimeStart = "opened"
	StartMerged      LeadTimeStart = "merged"
)

// Allowed lists the values that settings and queries may name.
func (LeadTimeStart) Allowed() []string {
	return []string{string(StartFirstCommit), string(StartOpened), string(StartMerged)}
}

// Inclusion says whether something counts.
type Inclusion string

// What counts and what does not.
const (
	Include Inclusion = "include"
	Exclude Inclusion = "exclude"
)

// Allowed lists the values that settings and queries may name.
func (Inclusion) Allowed() []string { return []string{string(Include), string(Exclude)} }

// EvidenceKind names why a deployment is held to have failed.
type EvidenceKind string

// The kinds of evidence, strongest first. A person's word cannot be switched off, only taken back.
const (
	EvidenceManual   EvidenceKind = "manual"   // a correction says so
	EvidenceExplicit EvidenceKind = "explicit" // an incident names the deployment
	EvidenceRollback EvidenceKind = "rollback" // an earlier version was deployed again in its place
	EvidenceRemedy   EvidenceKind = "remedy"   // a later deployment ships its revert or a hotfix
	EvidenceIncident EvidenceKind = "incident" // an incident opened within the window after it
)

// Allowed lists the values that settings and queries may name.
func (EvidenceKind) Allowed() []string {
	return []string{string(EvidenceExplicit), string(EvidenceRollback), string(EvidenceRemedy), string(EvidenceIncident)}
}

// Recovery says what recovery time measures.
type Recovery string

// The readings of recovery time.
const (
	RecoveryOfDeployment Recovery = "deployment" // a failed deployment's finish until service was restored
	RecoveryOfIncident   Recovery = "incident"   // an incident's opening until it was resolved
	// An incident's opening until somebody acknowledged it: how long it takes until a recovery begins.
	RecoveryToAcknowledge Recovery = "acknowledgement"
)

// OfIncidents says whether incidents are measured, which have severities, rather than deployments.
func (r Recovery) OfIncidents() bool { return r == RecoveryOfIncident || r == RecoveryToAcknowledge }

// Allowed lists the values that settings and queries may name.
func (Recovery) Allowed() []string {
	return []string{string(RecoveryOfDeployment), string(RecoveryOfIncident), string(RecoveryToAcknowledge)}
}

// Rework says which deployments are unplanned.
type Rework string

// The readings of rework.
const (
	ReworkFix      Rework = "fix"      // rollbacks, and deployments of hotfixes, reverts and incidents' remedies
	ReworkIncident Rework = "incident" // those of them that an incident stands behind
)

// Allowed lists the values that settings and queries may name.
func (Rework) Allowed() []string { return []string{string(ReworkFix), string(ReworkIncident)} }

// Duration is a length of time as settings write it: a number and one of h, d, w, such as 24h or 365d.
type Duration time.Duration

var durationUnits = []struct {
	suffix string
	length time.Duration
}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// UnmarshalText reads 90m, 24h, 365d, 2w.
func (d *Duration) UnmarshalText(text []byte) error {
	for _, unit := range durationUnits {
		number, ok := strings.CutSuffix(string(text), unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 0 || n > int64(200*365*24*time.Hour/unit.length) {
			break
		}
		*d = Duration(time.Duration(n) * unit.length)
		return nil
	}
	return fmt.Errorf("%q is not a duration: allowed is a whole number with s, m, h, d or w, such as 24h or 365d", text)
}

// MarshalText writes the duration in the largest unit that fits exactly, weeks apart: 24h stays 24h, 365 days are 365d.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the duration as settings write it.
func (d Duration) String() string {
	length := time.Duration(d)
	if length > 48*time.Hour && length%(24*time.Hour) == 0 {
		return strconv.FormatInt(int64(length/(24*time.Hour)), 10) + "d"
	}
	for _, unit := range durationUnits[2:] {
		if length%unit.length == 0 {
			return strconv.FormatInt(int64(length/unit.length), 10) + unit.suffix
		}
	}
	return length.String()
}
