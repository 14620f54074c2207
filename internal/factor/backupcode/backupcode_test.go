package backupcode_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/backupcode"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
)

// plain keeps secrets as they are and counts what hashing would have cost.
type plain struct{ cost int }

func (h *plain) Hash(_ context.Context, s string) (string, error) { return "hash:" + s, nil }

func (h *plain) Match(_ context.Context, encoded, s string) (bool, error) {
	h.cost++
	return encoded == "hash:"+s, nil
}

func (h *plain) Spend(context.Context) error { h.cost++; return nil }

// table holds codes by user and id.
type table struct {
	rows  map[string]factor.BackupCode
	trail audit.Trail
}

func (s *table) BackupCode(_ context.Context, userID, codeID string) (factor.BackupCode, error) {
	c, ok := s.rows[userID+"/"+codeID]
	if !ok {
		return c, fault.New(fault.CodeNotFound)
	}
	return c, nil
}

func (s *table) BackupCodesLeft(_ context.Context, userID string) (n int, err error) {
	for key, c := range s.rows {
		if strings.HasPrefix(key, userID+"/") && !c.Used {
			n++
		}
	}
	return n, nil
}

func (s *table) UseBackupCode(_ context.Context, userID, id string, _ time.Time, t audit.Trail) (bool, error) {
	for key, c := range s.rows {
		if strings.HasPrefix(key, userID+"/") && c.ID == id && !c.Used {
			c.Used = true
			s.rows[key], s.trail = c, t
			return true, nil
		}
	}
	return false, nil
}

func issue(t *testing.T, s *table, h backupcode.Hasher, userID string) []string {
	t.Helper()
	codes, rows, err := backupcode.New(t.Context(), h)
	if err != nil || len(codes) != 10 || len(rows) != 10 {
		t.Fatalf("BC-01 got %d codes and %d rows, %v, want ten", len(codes), len(rows), err)
	}
	for i, r := range rows {
		r.ID = codes[i]
		s.rows[userID+"/"+r.CodeID] = r
	}
	return codes
}

func TestNew(t *testing.T) {
	s, h := &table{rows: map[string]factor.BackupCode{}}, &plain{}
	form := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{2}-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`)
	seen := map[string]bool{}
	for range 50 {
		for _, code := range issue(t, s, h, "u") {
			if !form.MatchString(code) || seen[code] {
				t.Errorf("BC-01 got %q, seen %v, want a fresh code of two and thirteen characters: 65 bits", code, seen[code])
			}
			seen[code] = true
			id, secret, err := backupcode.Read(code)
			if err != nil || len(id) != 2 || len(secret) != 13 {
				t.Errorf("BC-01 %q: got %q %q, %v, want its id and secret", code, id, secret, err)
			}
		}
	}
	for _, r := range s.rows {
		if !strings.HasPrefix(r.Hash, "hash:") {
			t.Errorf("BC-02 got %q, want what the password hasher made", r.Hash)
		}
	}
}

func TestCheck(t *testing.T) {
	s, h := &table{rows: map[string]factor.BackupCode{}}, &plain{}
	warned := -1
	f := backupcode.Factor{Store: s, Hasher: h, Clock: clock.System, Low: func(_ context.Context, _ string, left int) (audit.Trail, error) {
		warned = left
		return audit.Trail{Messages: []message.Outgoing{{Kind: message.BackupCodesLow}}}, nil
	}}
	mine, other := issue(t, s, h, "me"), issue(t, s, h, "other")
	check := func(what, answer, reason string) {
		t.Helper()
		h.cost = 0
		_, err := f.Check(t.Context(), factor.Subject{UserID: "me"}, answer)
		var w factor.Wrong
		errors.As(err, &w)
		if w.Reason != reason || reason == "" && err != nil || h.cost != 1 {
			t.Errorf("%s: got %v for %d hashes, want %q for one", what, err, h.cost, reason)
		}
	}
	check("a code", mine[0], "")
	check("BC-03 the same again", mine[0], "replayed")
	check("in small letters with spaces", strings.ToLower(strings.ReplaceAll(mine[1], "-", " ")), "")
	check("BC-05 another user's", other[0], "wrong_code")
	check("a wrong secret", mine[2][:2]+"-00000-0000-0000", "wrong_code")
	for i := 2; i < 7; i++ {
		if warned >= 0 {
			t.Errorf("BC-06 warned at %d left", warned)
		}
		check("a code", mine[i], "")
	}
	if warned != 3 || len(s.trail.Messages) != 1 {
		t.Errorf("BC-06 got a warning at %d left with %d mails, want 3 and 1", warned, len(s.trail.Messages))
	}
}

// FuzzRead gives a code of one form, however it was typed.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"7K-4F9Q2-M8RT-WX2B", "7k4f9q2m8rtwx2b", "oO-iIlL0-0000-0000", "", "７K-4F9Q2-M8RT-WX2B", "7K-4F9Q2-M8RT-WX2U", "7K-4F9Q2-M8RT-WX2ſ", strings.Repeat("-", 64)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		id, secret, err := backupcode.Read(in)
		if err != nil {
			if !errors.Is(err, factor.ErrMalformed) || id+secret != "" {
				t.Errorf("%q: got %q, %v, want ErrMalformed", in, id+secret, err)
			}
			return
		}
		again, rest, err := backupcode.Read(id + secret)
		if err != nil || again != id || rest != secret || len(id) != 2 || len(secret) != 13 {
			t.Errorf("%q: got %q %q, then %q %q, %v, want it to stay", in, id, secret, again, rest, err)
		}
		if strings.ContainsFunc(in, func(r rune) bool { return r >= utf8.RuneSelf }) {
			t.Errorf("%q: got %q %q, want letters beyond ASCII refused", in, id, secret)
		}
	})
}
