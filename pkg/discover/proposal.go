package discover

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
)

// Sureness is how sure a proposal is.
type Sureness string

// How sure a proposal may be. What is unsure is never passed over in silence: a person is asked.
const (
	Sure   Sureness = "sure"   // it is told so
	Likely Sureness = "likely" // nothing speaks against it
	Unsure Sureness = "unsure" // somebody has to say
)

// sure are the degrees in their order.
var sure = map[Sureness]int{Sure: 2, Likely: 1, Unsure: 0}

func (s Sureness) below(other Sureness) bool { return sure[s] < sure[other] }

// Figures are what a choice would give.
type Figures struct {
	Deployments int  `json:"deployments"` // that succeeded
	Failed      int  `json:"failed"`      // that did not
	More        bool `json:"more,omitempty"`
	// Weekly is how many deployments that is a week.
	Weekly float64   `json:"weekly"`
	Last   time.Time `json:"last,omitzero"`
}

// Alternative is one way to count a repository's deployments.
type Alternative struct {
	// From is what deployments.from of the source would be.
	From string            `json:"from"`
	Kind source.SignalKind `json:"kind"`
	// Key and Names pick what counts of it, such as workflow and the names of workflows; empty: all.
	Key   string   `json:"key,omitempty"`
	Names []string `json:"names,omitempty"`
	// Environments are those that are production.
	Environments []string `json:"environments,omitempty"`
	Sure         Sureness `json:"sure"`
	Reason       string   `json:"reason"`
	Figures      Figures  `json:"figures"`
	// Parts is set where it makes several services of the repository.
	Parts *Parts `json:"parts,omitempty"`
}

// Parts say how the services of a monorepo are told apart: by one of the keys of match.
type Parts struct {
	By       string   `json:"by"`    // environment, task, tagPrefix or path
	Shape    string   `json:"shape"` // with {service} in it
	Services []string `json:"services"`
	Sure     Sureness `json:"sure"`
	Reason   string   `json:"reason"`
	// Paths is the shape of the services' folders, where each has one of its name.
	Paths string `json:"paths,omitempty"`

	name string // what the rule names them; empty: {service}
}

// Choice is what is proposed for one repository.
type Choice struct {
	Source     string `json:"source"`
	Repository string `json:"repository"`
	// LeftOut says why no service is proposed of it; empty: one is.
	LeftOut string `json:"leftOut,omitempty"`
	// Deployments is how they are to be counted, and Others how they could be; nil where it is left out.
	Deployments *Alternative  `json:"deployments,omitempty"`
	Others      []Alternative `json:"others,omitempty"`
	Services    []Service     `json:"services,omitempty"`
	// Questions are what a person has to say, as sentences.
	Questions []string `json:"questions,omitempty"`
}

// Service is a service that is proposed, with its teams.
type Service struct {
	Name     string   `json:"name"`
	Part     string   `json:"part,omitempty"` // of a monorepo: what {service} is
	Teams    []string `json:"teams"`          // none: nobody is found
	From     string   `json:"from,omitempty"` // the place that says so
	Sure     Sureness `json:"sure"`
	Reason   string   `json:"reason"`
	OwnEntry bool     `json:"ownEntry,omitempty"` // no place gives the team: an entry of services does
}

// Place is a place that owners are found in, with what it says.
type Place struct {
	From     string  `json:"from"`
	Source   string  `json:"source,omitempty"`
	Detail   string  `json:"detail,omitempty"` // the pattern, the property or the depth
	Owned    int     `json:"owned"`            // services that it gives owners
	Of       int     `json:"of"`
	Single   int     `json:"single"`  // of Owned: by one team
	Differs  int     `json:"differs"` // of Owned: another place says otherwise
	Proposed bool    `json:"proposed"`
	Reason   string  `json:"reason"`
	share    float64 // in order
}

// Row is what a repository has to offer, as a table shows it.
type Row struct {
	source.Offer
	Archived bool     `json:"archived,omitempty"`
	Fork     bool     `json:"fork,omitempty"`
	Topics   []string `json:"topics,omitempty"`
	// CodeOwners says that there is such a file, and Catalogue that there is catalog-info.yaml.
	CodeOwners bool `json:"codeOwners,omitempty"`
	Catalogue  bool `json:"catalogue,omitempty"`
}

// Summary counts.
type Summary struct {
	Repositories int `json:"repositories"`
	LeftOut      int `json:"leftOut"`
	Services     int `json:"services"`
	Sure         int `json:"sure"`
	Likely       int `json:"likely"`
	Unsure       int `json:"unsure"`
	Teams        int `json:"teams"`
	Unowned      int `json:"unowned"`
}

// Proposal is what is proposed, with what it goes by.
type Proposal struct {
	Since        time.Time `json:"since"`
	Until        time.Time `json:"until"`
	Summary      Summary   `json:"summary"`
	Repositories []Row     `json:"repositories"`
	Choices      []Choice  `json:"choices"`
	Places       []Place   `json:"places"`
	// Production is why the pattern of production is as it is.
	Production string `json:"production"`
	// Settings are what all of it makes, as a data source's jsonData, and YAML the same as a provisioning file.
	Settings Settings `json:"settings"`
	YAML     string   `json:"yaml"`

	given []Given
	short bool // repositories are called by the last part of their names
}
