package password_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/factor/password"
	"github.com/sallyport/sallyport/internal/fault"
)

const good = "correct horse battery staple"

// newHasher fails the test when the options are refused.
func newHasher(t testing.TB, o password.Options) *password.Hasher {
	t.Helper()
	h, err := password.New(o)
	if err != nil {
		t.Fatalf("New(%+v): %v", o, err)
	}
	return h
}

func hash(t testing.TB, h *password.Hasher, text string) string {
	t.Helper()
	encoded, err := h.Hash(context.Background(), text)
	if err != nil {
		t.Fatalf("Hash(%q): %v", text, err)
	}
	return encoded
}

// wantVerdict verifies and compares.
func wantVerdict(t *testing.T, h *password.Hasher, encoded, text string, want password.Verdict) {
	t.Helper()
	got, err := h.Verify(context.Background(), encoded, text)
	if err != nil || got != want {
		t.Errorf("Verify(%.40q…, %.40q) = %+v, %v; want %+v, nil", encoded, text, got, err, want)
	}
}

// wantRefused checks the code of an error and that of its only field.
func wantRefused(t *testing.T, err error, code fault.Code, field string) {
	t.Helper()
	if got, gotField := fault.Of(err), fieldOf(err); got != code || gotField != field {
		t.Errorf("got code %q field %q, want %q %q", got, gotField, code, field)
	}
}

// fieldOf returns the code of the only field of a *fault.Error, "" for none.
func fieldOf(err error) string {
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Path != "password" || e.Fields[0].Message == "" {
		return ""
	}
	return e.Fields[0].Code
}

// alarms collects reasons.
type alarms struct {
	mu   sync.Mutex
	list []string
}

func (a *alarms) raise(reason string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, reason)
}

func (a *alarms) reasons() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string{}, a.list...)
}

// keys is a fixed set of peppers.
type keys struct {
	current string
	byID    map[string][]byte
}

func (k keys) Current() (string, []byte)            { return k.current, k.byID[k.current] }
func (k keys) ByID(id string) (key []byte, ok bool) { key, ok = k.byID[id]; return key, ok }

// k1 is the pepper of the vectors.
func k1() []byte {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i)
	}
	return key
}

// vector is one row of testdata/vectors.json, made by testdata/vectors.py with
// programs that share no code with ours.
type vector struct{ Name, Format, Password, Hash, Tool string }

func vectors(t testing.TB) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
