package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A dataset belongs to the organisation of Grafana that made it. Whoever administers another may name the same file and
// the same dataset, and must neither read it nor write to it.

// ErrNoOrganisation says that nobody knows whose data it would be.
var ErrNoOrganisation = errors.New("the data source has no organisation, and what it collects would be nobody's")

// Foreign says that a dataset belongs to another organisation.
type Foreign struct {
	Dataset string
	// Owner is the organisation that it belongs to. The sentence leaves it out: it is none of the other's business.
	Owner int64
}

// Error says what to do.
func (f *Foreign) Error() string {
	return fmt.Sprintf("store.dataset %q belongs to another organisation, which alone may use it: name another dataset, or leave store.dataset out", f.Dataset)
}

// OwnerOf decides whose a dataset is that an organisation opens. What is recorded counts (0: nothing is). Else a name that
// begins with an organisation's number, as those do that nobody chose, is that organisation's; and any other belongs to
// whoever opens it first.
func OwnerOf(dataset string, recorded, organisation int64) (int64, error) {
	if organisation <= 0 {
		return 0, ErrNoOrganisation
	}
	owner := recorded
	if owner == 0 {
		owner = named(dataset)
	}
	switch owner {
	case 0, organisation:
		return organisation, nil
	}
	return 0, &Foreign{Dataset: dataset, Owner: owner}
}

// named is the organisation that the name of a dataset names: <orgId>/<uid>; 0: none.
func named(dataset string) int64 {
	number, _, _ := strings.Cut(dataset, "/")
	organisation, err := strconv.ParseUint(number, 10, 63)
	if err != nil || number == dataset {
		return 0
	}
	return int64(organisation) //nolint:gosec // it has 63 bits
}
