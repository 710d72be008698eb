package bitbucket

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The records are what Bitbucket answers, in its words, with no field but those that are read.

// moment is an instant in any of the forms that Bitbucket has for one; null is none.
type moment struct{ time.Time }

var errNoMoment = errors.New("a text stands where a time should")

func (m *moment) UnmarshalJSON(text []byte) error {
	*m = moment{}
	var said *string
	if json.Unmarshal(text, &said) != nil {
		return errNoMoment
	}
	if said == nil || *said == "" {
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, *said)
	if err != nil {
		return errNoMoment
	}
	m.Time = at.UTC()
	return nil
}

type named struct {
	Name string `json:"name"`
}

type hashed struct {
	Hash string `json:"hash"`
}

type link struct {
	HTML struct {
		Href string `json:"href"`
	} `json:"html"`
}

type account struct {
	Name     string `json:"display_name"`
	Nickname string `json:"nickname"`
	Type     string `json:"type"`
}

const botSuffix = "[bot]"

// who names an account; one of an app or a token has the suffix [bot] exactly once.
func (a *account) who() string {
	switch {
	case a == nil:
		return ""
	case a.Type != "" && a.Type != "user" && a.Type != "team":
		return strings.TrimSuffix(a.Name, botSuffix) + botSuffix
	case a.Nickname != "":
		return a.Nickname
	}
	return a.Name
}

type repositoryRecord struct {
	ID      string `json:"uuid"`
	Name    string `json:"full_name"`
	Branch  *named `json:"mainbranch"` // null while there is no commit
	Updated moment `json:"updated_on"` // by a push
	Links   link   `json:"links"`
	Project *struct {
		Key string `json:"key"`
	} `json:"project"`
	Parent *struct{} `json:"parent"` // that it was forked from
}

// traits are what Bitbucket tells of a repository beside its code. Its group is its project's key.
func (r *repositoryRecord) traits() dora.Traits {
	traits := dora.Traits{Fork: r.Parent != nil}
	if r.Project != nil {
		traits.Group = r.Project.Key
	}
	return traits.Ordered()
}

func (r *repositoryRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("uuid", r.ID == ""), wire.Need("full_name", r.Name == ""))
}

func (r *repositoryRecord) branch() string {
	if r.Branch == nil {
		return ""
	}
	return r.Branch.Name
}

type commitRecord struct {
	Hash   string `json:"hash"`
	Date   moment `json:"date"`
	Author struct {
		Raw  string   `json:"raw"`
		User *account `json:"user"`
	} `json:"author"`
	Message string   `json:"message"`
	Parents []hashed `json:"parents"`
}

func (c *commitRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("hash", c.Hash == ""), wire.Need("date", c.Date.IsZero()))
}

type end struct {
	Branch named `json:"branch"`
}

type pullRequestRecord struct {
	ID          int64    `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	State       string   `json:"state"`
	Author      *account `json:"author"`
	Created     moment   `json:"created_on"`
	Updated     moment   `json:"updated_on"`
	Merge       *hashed  `json:"merge_commit"` // twelve digits
	Source      end      `json:"source"`
	Destination end      `json:"destination"`
	Links       link     `json:"links"`
}

func (p *pullRequestRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", p.ID <= 0), wire.Need("created_on", p.Created.IsZero()), wire.Need("updated_on", p.Updated.IsZero()))
}

type reviewed struct {
	Date moment   `json:"date"`
	User *account `json:"user"`
}

// activityRecord is one thing that happened to a pull request.
type activityRecord struct {
	Update *struct {
		State string `json:"state"`
		Date  moment `json:"date"`
	} `json:"update"`
	Approval *reviewed `json:"approval"`
	Changes  *reviewed `json:"changes_requested"`
	Comment  *struct {
		Created moment   `json:"created_on"`
		Deleted bool     `json:"deleted"`
		User    *account `json:"user"`
	} `json:"comment"`
}

func (*activityRecord) Lacks() string { return "" }

type uuid struct {
	ID string `json:"uuid"`
}

type deploymentRecord struct {
	ID          string `json:"uuid"`
	Number      int64  `json:"number"` // within the environment
	Environment struct {
		ID   string `json:"uuid"`
		Name string `json:"name"` // absent where it was deleted since
		Type *named `json:"environment_type"`
	} `json:"environment"`
	Release struct {
		Commit   *hashed `json:"commit"`
		Pipeline *uuid   `json:"pipeline"`
		URL      string  `json:"url"`
		Created  moment  `json:"created_on"`
	} `json:"release"`
	State struct {
		Name     string   `json:"name"`
		Status   *named   `json:"status"`
		Deployer *account `json:"deployer"`
		// Answers have one name for these times, and the published schema another.
		Started        moment `json:"started_on"`
		Completed      moment `json:"completed_on"`
		StartDate      moment `json:"start_date"`
		CompletionDate moment `json:"completion_date"`
	} `json:"state"`
	Updated moment `json:"last_update_time"`
}

func (d *deploymentRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("uuid", d.ID == ""), wire.Need("environment.uuid", d.Environment.Name == "" && d.Environment.ID == ""), wire.Need("release.created_on", d.Release.Created.IsZero() && d.Updated.IsZero()))
}

type pipelineRecord struct {
	ID        string `json:"uuid"`
	Created   moment `json:"created_on"`
	Completed moment `json:"completed_on"`
	State     struct {
		Name   string `json:"name"`
		Result *named `json:"result"`
		Stage  *named `json:"stage"`
	} `json:"state"`
	Target struct {
		Kind string `json:"ref_type"`
		Ref  string `json:"ref_name"`
	} `json:"target"`
}

func (p *pipelineRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("uuid", p.ID == ""), wire.Need("created_on", p.Created.IsZero()))
}
