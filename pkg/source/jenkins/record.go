package jenkins

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The records are what Jenkins exports, in its words, with no field but those that are read. A tree names them: what it does
// not name is not sent, and a space in it would be part of a name.

// item is a folder or a job.
type item struct {
	Class  string  `json:"_class"`
	Name   string  `json:"name"`
	Full   string  `json:"fullName"`
	Next   int64   `json:"nextBuildNumber"`
	Last   *last   `json:"lastBuild"`
	Jobs   *[]item `json:"jobs"`
	within string  // the class of the folder that it is in
}

type last struct {
	Number    int64 `json:"number"`
	Timestamp int64 `json:"timestamp"`
}

const jobTree = "name,fullName,nextBuildNumber,lastBuild[number,timestamp]"

// Lacks implements wire.Record, for a folder.
func (i *item) Lacks() string { return wire.FirstMissing(wire.Need("jobs", i.Jobs == nil)) }

// request says that a job is a pull request's, which a multibranch project has beside those of its branches.
func (i *item) request() bool {
	if !strings.Contains(i.within, "MultiBranchProject") {
		return false
	}
	for _, prefix := range []string{"PR-", "MR-"} {
		if rest, is := strings.CutPrefix(i.Name, prefix); is {
			number, _, _ := strings.Cut(rest, "-")
			if _, err := strconv.Atoi(number); err == nil {
				return true
			}
		}
	}
	return false
}

// build is one run of a job.
type build struct {
	Number    int64   `json:"number"`
	Queue     int64   `json:"queueId"`
	Timestamp int64   `json:"timestamp"` // when it was created, in milliseconds since 1970
	Duration  int64   `json:"duration"`  // 0 while it runs, and of one that took no time
	Building  bool    `json:"building"`
	Result    string  `json:"result"` // a pipeline may set it before it has ended
	URL       string  `json:"url"`
	Actions   actions `json:"actions"`
}

const buildTree = "number,queueId,timestamp,duration,building,result,url,actions[remoteUrls,lastBuiltRevision[SHA1,branch[name]],parameters[name,value],causes[userId,userName,upstreamProject,upstreamBuild]]"

// Lacks implements wire.Record.
func (b *build) Lacks() string {
	return wire.FirstMissing(wire.Need("number", b.Number <= 0), wire.Need("timestamp", b.Timestamp <= 0))
}

func (b *build) began() time.Time { return time.UnixMilli(b.Timestamp).UTC() }

func (b *build) ended() time.Time { return time.UnixMilli(b.Timestamp + max(b.Duration, 0)).UTC() }

// actions are unlike things, those of every plugin among them. One of another form than those that are read says nothing here.
type actions []action

// UnmarshalJSON implements json.Unmarshaler.
func (a *actions) UnmarshalJSON(text []byte) error {
	var all []json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	*a = nil
	for _, each := range all {
		var one action
		if json.Unmarshal(each, &one) == nil {
			*a = append(*a, one)
		}
	}
	return nil
}

// action is one of unlike things, of which most say nothing here.
type action struct {
	Remotes  []string  `json:"remoteUrls"`
	Revision *revision `json:"lastBuiltRevision"`
	// Parameters may be of any kind; those that are no text, number or truth value have no value here.
	Parameters []struct {
		Name  string          `json:"name"`
		Value json.RawMessage `json:"value"`
	} `json:"parameters"`
	Causes []struct {
		User     string `json:"userId"`
		UserName string `json:"userName"`
		Upstream string `json:"upstreamProject"`
		Build    int64  `json:"upstreamBuild"`
	} `json:"causes"`
}

type revision struct {
	SHA    string `json:"SHA1"`
	Branch []struct {
		Name string `json:"name"`
	} `json:"branch"`
}

// parameters are those that a build was given, as texts.
func (b *build) parameters() map[string]string {
	found := map[string]string{}
	for _, a := range b.Actions {
		for _, p := range a.Parameters {
			var text string
			switch value := strings.TrimSpace(string(p.Value)); {
			case value == "" || value == "null" || value[0] == '{' || value[0] == '[':
				continue
			case value[0] == '"':
				if json.Unmarshal(p.Value, &text) != nil {
					continue
				}
			default:
				text = value
			}
			found[p.Name] = text
		}
	}
	return found
}

// stageRecord is a stage of a pipeline's run.
type stageRecord struct {
	Name     string `json:"name"`
	Status   string `json:"status"`
	Start    int64  `json:"startTimeMillis"`
	Duration int64  `json:"durationMillis"`
}

type stageList struct {
	ID     string         `json:"id"`
	Stages *[]stageRecord `json:"stages"`
}

// Lacks implements wire.Record.
func (s *stageList) Lacks() string {
	return wire.FirstMissing(wire.Need("id", s.ID == ""), wire.Need("stages", s.Stages == nil))
}
