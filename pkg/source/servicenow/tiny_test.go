package servicenow_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source/servicenow"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

// record is one of an instance's, by column.
type record map[string]string

// tiny is an instance of a few records, in which a test may set, hide and delete what a replay of a history cannot. It reads
// encoded queries with the few operators that the source itself writes, and those of filters in tests.
type tiny struct {
	mu     sync.Mutex
	tables map[string][]record
	byID   map[string]record
	now    time.Time
	server *httptest.Server
	hidden map[string]bool // ids that access rules hide
	asked  []string        // queries
	// longest is how long an address was at most.
	longest int
	// uncounted has no X-Total-Count, and counted is of those alone that may be seen.
	uncounted, counted bool
	// passedOver is a column on which conditions are, as are those on columns that are not there.
	passedOver string
	// before is called ahead of each answer; it may answer itself, and then says true.
	before func(w http.ResponseWriter, r *http.Request) bool
}

// id is the sys_id of a short name.
func id(name string) string { return fmt.Sprintf("%032x", []byte(name)) }

// when is a time of November 2026, such as "02 08:00".
func when(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
	if err != nil {
		panic(err)
	}
	return at
}

func stamp(text string) string { return when(text).Format("2006-01-02 15:04:05") }

func newTiny() *tiny {
	g := &tiny{tables: map[string][]record{"incident": {}, "change_request": {}}, byID: map[string]record{}, now: when("20 00:00"), hidden: map[string]bool{}}
	g.put("cmdb_ci", record{"sys_id": id("till"), "name": "till", "correlation_id": "shop/till", "sys_updated_on": stamp("01 00:00")})
	g.put("cmdb_ci", record{"sys_id": id("stock"), "name": "stock", "sys_updated_on": stamp("01 00:00")})
	g.put("cmdb_ci_service", record{"sys_id": id("sales"), "name": "Sales", "sys_updated_on": stamp("01 00:00")})
	return g
}

func (g *tiny) put(table string, r record) record {
	g.tables[table] = append(g.tables[table], r)
	g.byID[r["sys_id"]] = r
	return r
}

// incident is one of the till that is open.
func (g *tiny) incident(number int, at string) record {
	return g.put("incident", record{
		"sys_id": id(fmt.Sprint("i", number)), "number": fmt.Sprintf("INC%07d", number), "category": "software", "state": "2", "active": "true", "close_code": "", "closed_at": "",
		"opened_at": stamp(at), "sys_created_on": stamp(at), "sys_updated_on": stamp(at), "sys_mod_count": "0", "short_description": "The till is down", "description": "",
		"cmdb_ci": id("till"), "business_service": id("sales"), "priority": "2", "severity": "3", "resolved_at": "", "caused_by": "", "rfc": "", "parent_incident": "", "correlation_id": "",
	})
}

// change is one of the till that was closed with a code.
func (g *tiny) change(number int, start, end, code string) record {
	return g.put("change_request", record{
		"sys_id": id(fmt.Sprint("c", number)), "number": fmt.Sprintf("CHG%07d", number), "state": "3", "active": "false", "close_code": code, "closed_at": stamp(end), "opened_at": stamp(start), "sys_created_on": stamp(start),
		"work_start": stamp(start), "work_end": stamp(end), "sys_updated_on": stamp(end), "sys_mod_count": "3", "sys_created_by": "dev-1", "cmdb_ci": id("till"), "business_service": id("sales"),
		"description": "Environment: prod\nVersion: v1." + strconv.Itoa(number) + "\nCommit: " + strings.Repeat(strconv.Itoa(number%10), 40), "correlation_id": "", "u_commit": "",
	})
}

// set changes a record at a time.
func (r record) set(at string, changes record) {
	maps.Copy(r, changes)
	n, _ := strconv.Atoi(r["sys_mod_count"])
	r["sys_updated_on"], r["sys_mod_count"] = stamp(at), strconv.Itoa(n+1)
}

func (g *tiny) remove(table, sysID string) {
	g.tables[table] = slices.DeleteFunc(g.tables[table], func(r record) bool { return r["sys_id"] == sysID })
}

// value is what a column leads to.
func (g *tiny) value(r record, column string) (string, bool) {
	first, rest, deeper := strings.Cut(column, ".")
	value, known := r[first]
	if !deeper || !known {
		return value, known
	}
	if other := g.byID[value]; other != nil {
		return g.value(other, rest)
	}
	return "", true
}

func (g *tiny) holds(r record, condition string) bool {
	for _, operator := range []string{"NOT IN", "ISNOTEMPTY", "ISEMPTY", "STARTSWITH", ">=", "<=", "!=", "IN", "=", ">", "<"} {
		column, value, found := strings.Cut(condition, operator)
		if !found {
			continue
		}
		have, known := g.value(r, column)
		switch {
		case !known, column == g.passedOver:
			return true
		case operator == "IN":
			return slices.Contains(strings.Split(value, ","), have)
		case operator == "NOT IN":
			return !slices.Contains(strings.Split(value, ","), have)
		case operator == "ISNOTEMPTY":
			return have != ""
		case operator == "ISEMPTY":
			return have == ""
		case operator == "STARTSWITH":
			return strings.HasPrefix(have, value)
		case operator == "=":
			return have == value
		case operator == "!=":
			return have != value
		case have == "":
			return false
		case operator == ">=":
			return have >= value
		case operator == "<=":
			return have <= value
		case operator == ">":
			return have > value
		default:
			return have < value
		}
	}
	return true
}

// matches says whether a record fulfils a query: places that all hold, of which each has alternatives, in groups of which one is
// enough.
func (g *tiny) matches(r record, query string) bool {
	for group := range strings.SplitSeq(query, "^NQ") {
		all, place := true, false
		for i, part := range strings.Split(group, "^") {
			switch {
			case part == "", strings.HasPrefix(part, "ORDERBY"):
				continue
			case strings.HasPrefix(part, "OR"):
				place = place || g.holds(r, part[2:])
			default:
				if i > 0 {
					all = all && place
				}
				place = g.holds(r, part)
			}
		}
		if all && (place || group == "" || strings.HasPrefix(group, "ORDERBY")) {
			return true
		}
	}
	return false
}

func (g *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if g.before != nil && g.before(w, r) {
		return
	}
	query := r.URL.Query()
	table := strings.TrimPrefix(r.URL.Path, "/api/now/table/")
	rows, known := g.tables[table]
	w.Header().Set("X-Is-Logged-In", "true")
	g.longest = max(g.longest, len(r.URL.RequestURI()))
	if !known {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"Invalid table %s","detail":null},"status":"failure"}`, table)
		return
	}
	text := query.Get("sysparm_query")
	g.asked = append(g.asked, table+" "+text)
	rows = slices.DeleteFunc(slices.Clone(rows), func(each record) bool {
		return !g.matches(each, text) || each["sys_created_on"] > g.now.Format("2006-01-02 15:04:05")
	})
	order := []string{}
	for part := range strings.SplitSeq(text, "^") {
		if column, is := strings.CutPrefix(part, "ORDERBY"); is && !strings.HasPrefix(column, "DESC") {
			order = append(order, column)
		}
	}
	slices.SortFunc(rows, func(a, b record) int {
		for _, column := range order {
			if c := cmp.Compare(a[column], b[column]); c != 0 {
				return c
			}
		}
		return 0
	})
	seen := func(each record) bool { return !g.hidden[each["sys_id"]] }
	total := len(rows)
	if g.counted {
		total = 0
		for _, each := range rows {
			if seen(each) {
				total++
			}
		}
	}
	if !g.uncounted {
		w.Header().Set("X-Total-Count", strconv.Itoa(total))
	}
	limit, _ := strconv.Atoi(query.Get("sysparm_limit"))
	offset, _ := strconv.Atoi(query.Get("sysparm_offset"))
	page := rows[min(offset, len(rows)):min(offset+limit, len(rows))]
	result := []record{}
	for _, each := range page {
		if !seen(each) {
			continue
		}
		shown := record{}
		for column := range strings.SplitSeq(query.Get("sysparm_fields"), ",") {
			if value, is := g.value(each, column); is {
				shown[column] = value
			}
		}
		result = append(result, shown)
	}
	body, err := json.Marshal(map[string]any{"result": result})
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(body)
}

// address starts the instance, once.
func (g *tiny) address(t *testing.T) string {
	t.Helper()
	if g.server == nil {
		g.server = httptest.NewServer(g)
		t.Cleanup(g.server.Close)
	}
	return g.server.URL
}

// source is one that reads the instance at an address, at its time.
func (g *tiny) source(address string, own servicenow.Settings) *servicenow.Source {
	own.URL = address
	return servicenow.New(given(), own, servicenow.WithPace(standintest.AtTime(g.now)))
}

// reads reads on, and holds that a reading from the beginning has the same facts.
func (g *tiny) reads(t *testing.T, l *sourcetest.Ledger, own servicenow.Settings) {
	t.Helper()
	s := g.source(g.address(t), own)
	require.NoError(t, l.Collect(t.Context(), s, time.Time{}))
	fresh := sourcetest.NewLedger()
	require.NoError(t, fresh.Collect(t.Context(), s, time.Time{}))
	sourcetest.Same(t, fresh, l)
}

// narrow has what is too wide break off in the middle, so that pages are short: of so many rows, or ten times as many bare ones.
func (g *tiny) narrow(rows int) {
	g.before = func(w http.ResponseWriter, r *http.Request) bool {
		query := r.URL.Query()
		limit, _ := strconv.Atoi(query.Get("sysparm_limit"))
		if limit <= rows || limit <= 10*rows && !strings.Contains(query.Get("sysparm_fields"), "number") {
			return false
		}
		_, _ = w.Write([]byte(`{"result":[{"sys_id":"` + id("half") + `"}],"error":{"message":"Transaction cancelled: maximum execution time exceeded","detail":null},"status":"failure"}`))
		return true
	}
}
