package lineage

import (
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// lanesLimit bounds of how many environments of services the first deployment is remembered.
const lanesLimit = 200

// Lanes are the first deployments of services into environments within the history that is collected.
type Lanes map[string]*First

// First is the first deployment of a lane.
type First struct {
	SHA      string    `json:"sha"`
	Finished time.Time `json:"finished"`
	Number   int64     `json:"number"`
	Done     bool      `json:"done,omitempty"` // what later ones can ship was looked up
}

// Enter takes note of a success for the lanes that it is in, one for each of the services that count it, and names them.
func (l *Lanes) Enter(d *dora.Deployment, services []string) (lanes []string) {
	if !d.Settled() {
		return nil
	}
	for _, service := range services {
		lane := service + "\n" + strings.ToLower(d.Environment)
		first := (*l)[lane]
		switch {
		case first == nil && len(*l) >= lanesLimit:
			continue
		case first == nil:
			if *l == nil {
				*l = Lanes{}
			}
			(*l)[lane] = &First{SHA: d.SHA, Finished: d.Finished(), Number: d.Number}
		case !first.Done && (d.Finished().Before(first.Finished) || d.Finished().Equal(first.Finished) && d.Number < first.Number):
			*first = First{SHA: d.SHA, Finished: d.Finished(), Number: d.Number}
		}
		lanes = append(lanes, lane)
	}
	return lanes
}
