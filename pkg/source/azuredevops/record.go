package azuredevops

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The records are what REST answers and service hooks tell, in Azure DevOps' words, with no field but those that are read.

// moment is an instant as Azure DevOps writes it: with up to seven digits of a second, and 0001-01-01 for none.
type moment struct{ time.Time }

var errNoMoment = errors.New("a text stands where a time should")

func (m *moment) UnmarshalJSON(text []byte) error {
	*m = moment{}
	var said *string
	if err := json.Unmarshal(text, &said); err != nil {
		return errNoMoment
	}
	if said == nil || *said == "" || strings.HasPrefix(*said, "0001-") || strings.HasPrefix(*said, "9999-") {
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, *said)
	if err != nil {
		return errNoMoment
	}
	m.Time = at.UTC()
	return nil
}

type projectRecord struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (p *projectRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", p.ID == ""), wire.Need("name", p.Name == ""))
}

type repositoryRecord struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	DefaultBranch string `json:"defaultBranch"` // with refs/heads/; absent while there is no commit
	WebURL        string `json:"webUrl"`
	Disabled      bool   `json:"isDisabled"`
	Fork          bool   `json:"isFork"`
}

func (r *repositoryRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", r.ID == ""), wire.Need("name", r.Name == ""))
}

type refRecord struct {
	Name   string `json:"name"`
	Object string `json:"objectId"`
}

func (r *refRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("name", r.Name == ""), wire.Need("objectId", r.Object == ""))
}

type signature struct {
	Name string `json:"name"`
	Date moment `json:"date"`
}

// commitRecord is one of a list, without Parents, or one that was asked for by itself.
type commitRecord struct {
	ID        string    `json:"commitId"`
	Author    signature `json:"author"`
	Committer signature `json:"committer"`
	Comment   string    `json:"comment"`
	Parents   []string  `json:"parents"`
}

func (c *commitRecord) Lacks() string { return wire.FirstMissing(wire.Need("commitId", c.ID == "")) }

// identity is a person, a machine or a team.
type identity struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	UniqueName  string `json:"uniqueName"`
	Descriptor  string `json:"descriptor"`
	IsContainer bool   `json:"isContainer"`
}

type pullRequestRecord struct {
	ID              int64     `json:"pullRequestId"`
	Status          string    `json:"status"`
	CreatedBy       *identity `json:"createdBy"`
	CreationDate    moment    `json:"creationDate"`
	ClosedDate      moment    `json:"closedDate"`
	Title           string    `json:"title"`
	Description     string    `json:"description"` // in lists its beginning only
	Source          string    `json:"sourceRefName"`
	Target          string    `json:"targetRefName"`
	LastMergeCommit *struct {
		ID string `json:"commitId"`
	} `json:"lastMergeCommit"`
	Labels []struct {
		Name   string `json:"name"`
		Active *bool  `json:"active"`
	} `json:"labels"`
}

func (p *pullRequestRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("pullRequestId", p.ID <= 0), wire.Need("creationDate", p.CreationDate.IsZero()), wire.Need("closedDate", p.Status == "completed" && p.ClosedDate.IsZero()))
}

type property struct {
	Value json.RawMessage `json:"$value"`
}

// text is a property's, which may be a number as well.
func (p property) text() string { return strings.Trim(string(p.Value), `"`) }

type threadRecord struct {
	ID         int64                `json:"id"`
	Published  moment               `json:"publishedDate"`
	Deleted    bool                 `json:"isDeleted"`
	Properties map[string]property  `json:"properties"`
	Identities map[string]*identity `json:"identities"`
	Comments   []struct {
		Author    *identity `json:"author"`
		Type      string    `json:"commentType"`
		Deleted   bool      `json:"isDeleted"`
		Published moment    `json:"publishedDate"`
	} `json:"comments"`
}

func (t *threadRecord) Lacks() string { return wire.FirstMissing(wire.Need("id", t.ID <= 0)) }

type environmentRecord struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func (e *environmentRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", e.ID <= 0), wire.Need("name", e.Name == ""))
}

// jobRecord is what an environment records of one job.
type jobRecord struct {
	ID         int64              `json:"id"`
	Stage      string             `json:"stageName"`
	Job        string             `json:"jobName"`
	Attempt    int                `json:"stageAttempt"`
	JobAttempt int                `json:"jobAttempt"`
	Result     string             `json:"result"` // empty: it is not over
	Queued     moment             `json:"queueTime"`
	Started    moment             `json:"startTime"`
	Finished   moment             `json:"finishTime"`
	Definition definitionRecord   `json:"definition"`
	Owner      *environmentRecord `json:"owner"` // the run
}

func (j *jobRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", j.ID <= 0), wire.Need("owner.id", j.Owner == nil || j.Owner.ID <= 0), wire.Need("queueTime", j.Queued.IsZero()))
}

type definitionRecord struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type buildRecord struct {
	ID           int64            `json:"id"`
	Number       string           `json:"buildNumber"`
	Reason       string           `json:"reason"`
	Branch       string           `json:"sourceBranch"`
	Version      string           `json:"sourceVersion"`
	RequestedFor *identity        `json:"requestedFor"`
	Definition   definitionRecord `json:"definition"`
	Queued       moment           `json:"queueTime"`
	Finished     moment           `json:"finishTime"` // absent while it goes on
	Repository   struct {
		ID   string `json:"id"` // of GitHub's, owner/name
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"repository"`
}

func (b *buildRecord) Lacks() string { return wire.FirstMissing(wire.Need("id", b.ID <= 0)) }

// timelineRecord is a stage of a run, a phase or job of it, or something else that belongs to one of them.
type timelineRecord struct {
	ID         string `json:"id"`
	Parent     string `json:"parentId"`
	Type       string `json:"type"`
	Name       string `json:"name"`
	Identifier string `json:"identifier"` // what the pipeline calls it, whatever is shown
	Result     string `json:"result"`     // empty: it is not over
	Attempt    int    `json:"attempt"`
	Started    moment `json:"startTime"`
	Finished   moment `json:"finishTime"`
	Previous   []struct {
		Attempt  int    `json:"attempt"`
		Timeline string `json:"timelineId"`
	} `json:"previousAttempts"`
}

// stage is what a stage stays to be called.
func (t *timelineRecord) stage() string {
	if t.Identifier != "" {
		return t.Identifier
	}
	return t.Name
}

type pair struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type releaseDeploymentRecord struct {
	ID      int64 `json:"id"`
	Release struct {
		Artifacts []struct {
			Primary    bool            `json:"isPrimary"`
			Type       string          `json:"type"`
			Definition map[string]pair `json:"definitionReference"`
		} `json:"artifacts"`
		Web string `json:"webAccessUri"`
	} `json:"release"`
	Definition   definitionRecord  `json:"releaseDefinition"`
	Environment  environmentRecord `json:"releaseEnvironment"`
	Status       string            `json:"deploymentStatus"`
	Operation    string            `json:"operationStatus"`
	RequestedFor *identity         `json:"requestedFor"`
	Queued       moment            `json:"queuedOn"`
	Completed    moment            `json:"completedOn"`
	Modified     moment            `json:"lastModifiedOn"`
}

func (d *releaseDeploymentRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", d.ID <= 0), wire.Need("releaseEnvironment.name", d.Environment.Name == ""), wire.Need("queuedOn", d.Queued.IsZero()), wire.Need("lastModifiedOn", d.Modified.IsZero()))
}

type workItemRecord struct {
	ID     int64 `json:"id"`
	Fields struct {
		Type     string `json:"System.WorkItemType"`
		State    string `json:"System.State"`
		Title    string `json:"System.Title"`
		Tags     string `json:"System.Tags"` // with ; between
		Area     string `json:"System.AreaPath"`
		Created  moment `json:"System.CreatedDate"`
		Changed  moment `json:"System.ChangedDate"`
		Entered  moment `json:"Microsoft.VSTS.Common.StateChangeDate"`
		Closed   moment `json:"Microsoft.VSTS.Common.ClosedDate"`
		Severity string `json:"Microsoft.VSTS.Common.Severity"`
		// Of a bug the text is under repro steps.
		Description string `json:"System.Description"`
		Steps       string `json:"Microsoft.VSTS.TCM.ReproSteps"`
	} `json:"fields"`
}

func (w *workItemRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", w.ID <= 0), wire.Need("fields.System.CreatedDate", w.Fields.Created.IsZero()), wire.Need("fields.System.ChangedDate", w.Fields.Changed.IsZero()))
}

// workItemFields are those that are asked for.
var workItemFields = []string{
	"System.WorkItemType", "System.State", "System.Title", "System.Tags", "System.AreaPath", "System.CreatedDate", "System.ChangedDate",
	"Microsoft.VSTS.Common.StateChangeDate", "Microsoft.VSTS.Common.ClosedDate", "Microsoft.VSTS.Common.Severity", "System.Description", "Microsoft.VSTS.TCM.ReproSteps",
}
