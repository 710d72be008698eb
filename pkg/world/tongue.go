package world

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
)

// tongue is another system's API, as far as it is asked for here: routes to answers, for whoever has the token.
type tongue struct {
	world *World
	mux   *http.ServeMux
	// secret is what a request says for itself; refused is answered where that is not the token.
	secret  func(*http.Request) string
	refused any
	// absent is answered where there is nothing.
	absent any
}

// asked is one request, and what goes with its answer.
type asked struct {
	*http.Request
	world  *World
	header http.Header
}

// knows adds a route. What it gives is worked out while nothing can happen, and is JSON; nothing is what is not there.
func (t *tongue) knows(pattern string, answers func(*asked) any) {
	t.mux.HandleFunc(pattern, func(rw http.ResponseWriter, r *http.Request) {
		t.world.mu.RLock()
		found := answers(&asked{r, t.world, rw.Header()})
		encoded, err := json.Marshal(found)
		t.world.mu.RUnlock()
		switch {
		case err != nil:
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		case found == nil:
			say(rw, http.StatusNotFound, t.absent)
		default:
			rw.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = rw.Write(encoded)
		}
	})
}

// speak is the API for whoever has the token.
func (t *tongue) speak(token string) http.Handler {
	t.mux.HandleFunc("/", func(rw http.ResponseWriter, _ *http.Request) { say(rw, http.StatusNotFound, t.absent) })
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(t.secret(r)), []byte(token)) != 1 {
			say(rw, http.StatusUnauthorized, t.refused)
			return
		}
		t.mux.ServeHTTP(rw, r)
	})
}

func say(rw http.ResponseWriter, status int, body any) {
	encoded, _ := json.Marshal(body) // texts
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = rw.Write(encoded)
}

// number is a number of the path or the query; otherwise where it is none.
func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return otherwise
}
