package faults_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/faults"
)

func TestUnaccounted(t *testing.T) {
	for name, c := range map[string]struct {
		told, rows map[string]int
		want       int
	}{
		"nothing was told":               {nil, map[string]int{"session_created": 1}, 0},
		"a row for each":                 {map[string]int{"session_created": 2}, map[string]int{"session_created": 2}, 0},
		"a row whose answer was lost":    {map[string]int{"session_created": 2}, map[string]int{"session_created": 3}, 0},
		"AU-06 a row is missing":         {map[string]int{"session_created": 2}, map[string]int{"session_created": 1}, 1},
		"AU-06 a row of another event":   {map[string]int{"session_created": 1}, map[string]int{"session_ended": 1}, 1},
		"AU-06 rows of two are missing":  {map[string]int{"session_created": 1, "session_ended": 1}, nil, 2},
		"AU-06 one of two has its row":   {map[string]int{"session_created": 1, "session_ended": 1}, map[string]int{"session_ended": 5}, 1},
		"nothing told and nothing there": {nil, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := faults.Unaccounted(c.told, c.rows); len(got) != c.want {
				t.Errorf("got %q, want %d broken promises", got, c.want)
			}
		})
	}
}

func TestAbove(t *testing.T) {
	session := func(level int, proofs ...string) faults.Session {
		return faults.Session{ID: "it", Level: level, Proofs: proofs}
	}
	for name, c := range map[string]struct {
		sessions []faults.Session
		shown    int
		want     int
	}{
		"nobody is signed in":                     {nil, 0, 0},
		"a password":                              {[]faults.Session{session(1, "password")}, 0, 0},
		"a password and a code":                   {[]faults.Session{session(2, "password", "totp")}, 1, 0},
		"a code that raised nothing":              {[]faults.Session{session(1, "password")}, 1, 0},
		"MF-01 aal2 by a password":                {[]faults.Session{session(2, "password")}, 1, 1},
		"MF-01 aal2 by a password shown twice":    {[]faults.Session{session(2, "password", "password")}, 1, 1},
		"MF-01 a session by a second factor":      {[]faults.Session{session(1, "backup_code")}, 1, 1},
		"MF-01 a session by nothing":              {[]faults.Session{session(1)}, 0, 1},
		"MF-01 two sessions for one code":         {[]faults.Session{session(2, "password", "totp"), session(2, "password", "totp")}, 1, 1},
		"MF-01 aal2 though no code was ever seen": {[]faults.Session{session(2, "password", "totp")}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			if got := faults.Above(c.sessions, c.shown); len(got) != c.want {
				t.Errorf("got %q, want %d broken promises", got, c.want)
			}
		})
	}
}

func TestGrown(t *testing.T) {
	before := faults.Size{Goroutines: 30, Descriptors: 20}
	for name, c := range map[string]struct {
		after faults.Size
		want  bool
	}{
		"the same":              {before, false},
		"less":                  {faults.Size{Goroutines: 10, Descriptors: 10}, false},
		"a full pool":           {faults.Size{Goroutines: 30 + faults.Pool, Descriptors: 20 + faults.Pool}, false},
		"goroutines left over":  {faults.Size{Goroutines: 131, Descriptors: 20}, true},
		"descriptors left over": {faults.Size{Goroutines: 30, Descriptors: 121}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := faults.Grown(before, c.after); got != c.want {
				t.Errorf("got %v for %v, want %v", got, c.after, c.want)
			}
		})
	}
}

func TestLeaks(t *testing.T) {
	const jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
	for name, c := range map[string]struct {
		text, secret string
		want         bool
	}{
		"no secret":                           {"anything", "", false},
		"a line without it":                   {`{"msg":"signed in"}`, "violet harbour", false},
		"AU-03 as it stands":                  {`{"msg":"violet harbour"}`, "violet harbour", true},
		"AU-03 in a form":                     {"POST password=violet+harbour", "violet harbour", true},
		"AU-03 in an address":                 {"GET /violet%20harbour", "violet harbour", true},
		"AU-03 in JSON":                       {`{"body":"vio\"let"}`, `vio"let`, true},
		"AU-03 its beginning on a cut line":   {"token " + longSecret[:40], longSecret, true},
		"AU-03 a payload alone":               {"claims eyJzdWIiOiJhIn0", jwt, true},
		"AU-03 a signature alone":             {"sig c2lnbmF0dXJl", jwt, true},
		"the header, which every token has":   {"alg eyJhbGciOiJFUzI1NiJ9", jwt, false},
		"AU-03 a code":                        {`{"code":"123456"}`, "123456", true},
		"AU-03 a code at the end":             {"your code is 123456", "123456", true},
		"the digits in a longer number":       {"id 9123456 and 1234567", "123456", false},
		"the digits of a fraction or a size":  {`{"time":"12:00:00.123456Z","bytes":123456}`, "123456", false},
		"AU-03 a code behind a longer number": {"9123456 code=123456", "123456", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := faults.Leaks(c.text, c.secret); got != c.want {
				t.Errorf("got %v for %q in %q, want %v", got, c.secret, c.text, c.want)
			}
		})
	}
}

const longSecret = "sps_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"
