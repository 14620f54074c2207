package store_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/store"
)

// FuzzCursors gives any text as the place where a page begins: a page holds what
// lies beyond that place and nothing else, in order, and its own end as the next
// place leads on without a gap.
func FuzzCursors(f *testing.F) {
	s := filled(f)
	all, err := s.ListUsers(f.Context(), "", 100)
	if err != nil || len(all) < 10 {
		f.Fatalf("got %d users, %v, want ten", len(all), err)
	}
	log, err := s.FindAudit(f.Context(), audit.Filter{}, 100)
	if err != nil || len(log) < 10 {
		f.Fatalf("got %d events, %v, want ten", len(log), err)
	}
	for _, place := range []string{"", all[3].ID, all[4].Canonical, "a", "zzzz", "' OR 1=1 --", "\U0010ffff", "%", log[5].Event.ID} {
		f.Add(place, "", uint8(3))
		f.Add(place, "a", uint8(1))
	}
	f.Fuzz(func(t *testing.T, place, prefix string, size uint8) {
		if !utf8.ValidString(place+prefix) || strings.Contains(place+prefix, "\x00") {
			return // refused before (FuzzFrame)
		}
		limit := int(size%12) + 1
		byID, err := s.ListUsers(t.Context(), place, limit)
		page(t, "users", err, byID, all, limit, func(u account.User) bool { return u.ID > place }, func(u account.User) string { return u.ID })

		byAddress := slices.SortedFunc(slices.Values(all), func(a, b account.User) int { return strings.Compare(a.Canonical, b.Canonical) })
		found, err := s.SearchUsers(t.Context(), prefix, place, limit)
		page(t, "search", err, found, byAddress, limit, func(u account.User) bool {
			return strings.HasPrefix(u.Canonical, prefix) && u.Canonical > place
		}, func(u account.User) string { return u.ID })

		events, err := s.FindAudit(t.Context(), audit.Filter{Before: place}, limit)
		page(t, "audit", err, events, log, limit, func(r audit.Record) bool { return place == "" || r.Event.ID < place }, func(r audit.Record) string { return r.Event.ID })
	})
}

// page holds a page to a plain list.
func page[T any](t *testing.T, name string, err error, got, all []T, limit int, beyond func(T) bool, id func(T) string) {
	t.Helper()
	var want []string
	for _, row := range all {
		if beyond(row) && len(want) < limit {
			want = append(want, id(row))
		}
	}
	var have []string
	for _, row := range got {
		have = append(have, id(row))
	}
	if err != nil || !slices.Equal(have, want) {
		t.Errorf("%s: got %v, %v, want %v", name, have, err, want)
	}
}

// filled is a SQLite store with ten users and an event about each.
func filled(f *testing.F) *store.Store {
	f.Helper()
	ring, err := seal.NewKeyring([]string{secretKey})
	if err != nil {
		f.Fatal(err)
	}
	s, err := store.Open(f.Context(), "sqlite:"+filepath.Join(f.TempDir(), "sallyport.db"), ring, store.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	if _, err := s.MigrateUp(f.Context()); err != nil {
		f.Fatal(err)
	}
	for _, a := range []string{"a-b@x.io", "a.c@x.io", "a@x.io", "ab@x.io", "b@x.io", "e@x.io", "z@x.io", "é@x.io", "ée@x.io", "\U0001f642@x.io"} {
		u := person(a)
		if err := s.CreateUser(f.Context(), u, nil, audit.Of(audit.New(f.Context(), noon, audit.UserCreated, audit.Success, u.ID))); err != nil {
			f.Fatal(err)
		}
	}
	return s
}

// FuzzDetails holds that two texts in an audit row never read as the same
// details, so that no change of the text goes past the hash (AU-05), and that
// what we write reads as it was.
func FuzzDetails(f *testing.F) {
	for _, s := range []string{`{"a":"b"}`, `{"a": "b"}`, `{"a":"b","a":"c"}`, `{"unreadable":"x"}`, "x", `{"unreadable":"{"}`, "{", "null", `{"a":"\ufffd"}`, "{\"a\":\"\xff\"}"} {
		f.Add(s, "x", "a", "b")
	}
	f.Add("null", "{}", "", "")
	f.Fuzz(func(t *testing.T, text, other, key, value string) {
		if utf8.ValidString(text + other) {
			if same := maps.Equal(store.DetailsOf(text), store.DetailsOf(other)); same != (text == other) {
				t.Errorf("AU-05 %q and %q: got the same details %v, want %v", text, other, same, text == other)
			}
		}
		details := map[string]string{key: value}
		written, err := json.Marshal(details)
		if err != nil || key == "unreadable" || !utf8.ValidString(key+value) {
			return
		}
		if got := store.DetailsOf(string(written)); !maps.Equal(got, details) {
			t.Errorf("%s: got %v, want %v", written, got, details)
		}
	})
}
