package world

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ServiceNow speaks ServiceNow's Table API of one table, that of incidents: by encoded queries, a page at a time. What turns
// out to be none gets the category inquiry back.
func (w *World) ServiceNow(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(), secret: func(r *http.Request) string { return r.Header.Get("X-Sn-Apikey") },
		refused: shape{"error": shape{"message": "User is not authenticated", "detail": "Required to provide Auth information"}, "status": "failure"},
		absent:  shape{"error": shape{"message": "Invalid table", "detail": nil}, "status": "failure"},
	}
	t.knows("GET /api/now/table/incident", (*asked).nowIncidents)
	return t.speak(token)
}

// nowRow is a record, all of whose values are texts.
type nowRow map[string]string

func nowTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.DateTime)
}

func (a *asked) nowRow(i *issue) nowRow {
	row := nowRow{
		"sys_id": fmt.Sprintf("%032x", i.id), "number": fmt.Sprintf("INC%07d", i.number), "short_description": i.title, "description": i.body,
		"sys_created_on": nowTime(i.created), "sys_created_by": i.author.login, "sys_updated_on": nowTime(i.updated), "sys_mod_count": strconv.Itoa(len(i.events)),
		"opened_at": nowTime(i.created), "resolved_at": nowTime(i.closed), "closed_at": "", "active": "true", "state": "2", "close_code": "",
		"category": "inquiry", "subcategory": "", "priority": cmp.Or(i.sev(), "5"), "impact": "2", "urgency": "2", "severity": "3",
		"business_service": fmt.Sprintf("%032x", i.repo.id), "business_service.name": i.repo.name, "cmdb_ci": "", "cmdb_ci.name": "",
		"caused_by": "", "rfc": "", "parent_incident": "", "correlation_id": "", "assignment_group": "", "major_incident_state": "",
	}
	if i.isIncident() {
		row["category"] = "software"
	}
	if !i.closed.IsZero() {
		row["state"], row["close_code"] = "6", "Solved (Permanently)"
	}
	return row
}

// nowConditions are the operators of conditions that are asked, the longer ones first.
var nowConditions = []struct {
	operator string
	holds    func(have, value string) bool
}{
	{">=", func(have, value string) bool { return have >= value }},
	{"<=", func(have, value string) bool { return have <= value }},
	{"!=", func(have, value string) bool { return have != value }},
	{">", func(have, value string) bool { return have > value }},
	{"<", func(have, value string) bool { return have < value }},
	{"=", func(have, value string) bool { return have == value }},
	{"IN", func(have, value string) bool { return slices.Contains(strings.Split(value, ","), have) }},
}

// holds says whether a record fulfils a condition; one that nobody can make sense of is passed over, as ServiceNow does.
func (r nowRow) holds(condition string) bool {
	for _, each := range nowConditions {
		if column, value, found := strings.Cut(condition, each.operator); found {
			if have, known := r[column]; known {
				return each.holds(have, value)
			}
		}
	}
	return true
}

// fulfils says whether a record fulfils an encoded query: any of the parts between NQ, of each of which all, with those that
// begin with OR as alternatives of the one before.
func (r nowRow) fulfils(query string) bool {
	return slices.ContainsFunc(strings.Split(query, "^NQ"), func(part string) bool {
		all, any := true, true
		for _, condition := range strings.Split(part, "^") {
			switch alternative, another := strings.CutPrefix(condition, "OR"); {
			case condition == "" || strings.HasPrefix(condition, "ORDERBY"):
			case another:
				any = any || r.holds(alternative)
			default:
				all, any = all && any, r.holds(condition)
			}
		}
		return all && any
	})
}

func (a *asked) nowIncidents() any {
	query := a.URL.Query()
	encoded := query.Get("sysparm_query")
	var rows []nowRow
	for _, i := range a.world.tracked("servicenow") {
		if row := a.nowRow(i); row.fulfils(encoded) {
			rows = append(rows, row)
		}
	}
	_, orders, _ := strings.Cut("^"+encoded, "^ORDERBY")
	slices.SortStableFunc(rows, func(x, y nowRow) int {
		for _, each := range strings.Split(orders, "^ORDERBY") {
			column, descending := strings.CutPrefix(each, "DESC")
			if order := strings.Compare(x[column], y[column]); order != 0 && descending {
				return -order
			} else if order != 0 {
				return order
			}
		}
		return 0
	})
	a.header.Set("X-Total-Count", strconv.Itoa(len(rows)))
	offset, limit := number(query.Get("sysparm_offset"), 0), number(query.Get("sysparm_limit"), 10_000)
	page := []nowRow{}
	for _, row := range rows[min(len(rows), offset):min(len(rows), offset+limit)] {
		shown := nowRow{}
		for _, column := range strings.Split(query.Get("sysparm_fields"), ",") {
			if value, known := row[column]; known {
				shown[column] = value
			}
		}
		page = append(page, shown)
	}
	return shape{"result": page}
}
