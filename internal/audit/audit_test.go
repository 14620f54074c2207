package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/seal"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestNew(t *testing.T) {
	o := audit.Origin{ClientIP: "2001:db8::1", Prefix: "2001:db8::/64", UserAgent: "browser", RequestID: "r1"}
	ctx := audit.WithOrigin(t.Context(), o)
	e := audit.New(ctx, noon, audit.LoginSuccess, audit.Success, "u1")
	if e.Origin != o || e.ID == "" || !e.At.Equal(noon) || e.ActorID != "u1" || e.ActorKind != "user" || e.TargetID != "u1" || e.Result != audit.Success {
		t.Errorf("AU-02 got %+v, want who, whom, when, from where and how it ended", e)
	}
	if e := audit.New(t.Context(), noon, audit.LoginFail, audit.Failure, ""); e.ActorKind != "anonymous" || e.Origin != (audit.Origin{}) {
		t.Errorf("AU-02 got %+v, want an anonymous actor from nowhere", e)
	}
}

func TestClean(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"plain":          {"a b é 🙂", "a b é 🙂"},
		"a forged line":  {"a\r\nb", "a\uFFFD\uFFFDb"},
		"a colour":       {"\x1b[31mred", "\uFFFD[31mred"},
		"NUL":            {"a\x00b", "a\uFFFDb"},
		"bidi":           {"a\u202eb", "a\uFFFDb"},
		"zero width":     {"a\u200bb", "a\uFFFDb"},
		"line separator": {"a\u2028b", "a\uFFFDb"},
		"not UTF-8":      {"a\xffb", "a\uFFFDb"},
	} {
		if got := audit.CleanText(tt.in, 100); got != tt.want {
			t.Errorf("AU-04 %s: got %q, want %q", name, got, tt.want)
		}
	}
	long := audit.Event{Origin: audit.Origin{UserAgent: strings.Repeat("é", 1<<20)}, Reason: strings.Repeat("x", 1<<20), Details: map[string]string{"k\n": strings.Repeat("v", 1<<20)}}
	c := long.Clean()
	if len(c.Origin.UserAgent) != audit.MaxUserAgent || len(c.Reason) != audit.MaxField || len(c.Details["k\uFFFD"]) != audit.MaxField {
		t.Errorf("AU-04 got %d, %d and %v bytes, want them cut", len(c.Origin.UserAgent), len(c.Reason), c.Details)
	}
	if line, err := json.Marshal(c); err != nil || bytes.ContainsAny(line, "\r\n") {
		t.Errorf("AU-04 got %v, want one line", err)
	}
}

func FuzzCleanText(f *testing.F) {
	for _, s := range []string{"a\nb", "\x1b[0m", "é\u202e", "\xff\xfe", strings.Repeat("é", 300)} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(max(limit, 1), 1000)
		got := audit.CleanText(s, limit)
		if len(got) > limit || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00\x1b\u202e\u2028") {
			t.Errorf("AU-04 %q: got %q, want clean text of %d bytes", s, got, limit)
		}
	})
}

func TestTrail(t *testing.T) {
	one := audit.Of(audit.Event{ID: "e"}).Telling(message.Outgoing{ID: "a"})
	two, three := one.Telling(message.Outgoing{ID: "b"}), one.Telling(message.Outgoing{ID: "c"})
	if len(one.Messages) != 1 || two.Messages[1].ID != "b" || three.Messages[1].ID != "c" {
		t.Errorf("got %v, %v, %v, want trails that share nothing", one.Messages, two.Messages, three.Messages)
	}
}

// book is a log in memory that an intruder can write to.
type book struct {
	rows  []audit.Record
	head  audit.Head
	check audit.Checkpoint
	err   error
}

func (b *book) SealedAudit(_ context.Context, after int64, limit int) (out []audit.Record, err error) {
	for _, r := range b.rows {
		if r.Seq > after && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, b.err
}

func (b *book) AuditHead(context.Context) (audit.Head, error) { return b.head, b.err }

func (b *book) AuditCheckpoint(context.Context) (audit.Checkpoint, error) { return b.check, b.err }

// write fills a book with n rows of a chain.
func write(t *testing.T, n int) (audit.Chain, *book) {
	t.Helper()
	ring, err := seal.NewKeyring([]string{"Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"})
	if err != nil {
		t.Fatal(err)
	}
	c, b := audit.NewChain(ring), &book{}
	for i := range n {
		e := audit.New(t.Context(), noon.Add(time.Duration(i)*time.Second), audit.LoginSuccess, audit.Success, "u1")
		e.Details = map[string]string{"b": "2", "a": "1"}
		r := audit.Record{Event: e, Seq: int64(i + 1)}
		r.Hash = c.Link(b.head.Hash, r)
		b.rows, b.head = append(b.rows, r), audit.Head{Seq: r.Seq, Hash: r.Hash}
	}
	return c, b
}

func TestVerify(t *testing.T) {
	c, b := write(t, 1200)
	if v, err := c.Verify(t.Context(), b); err != nil || v.Fault != nil || v.Rows != 1200 {
		t.Fatalf("AU-05 got %+v, %v, want 1200 rows intact", v, err)
	}
	for name, tt := range map[string]struct {
		tamper func(b *book)
		at     int64
	}{
		"a changed name":    {func(b *book) { b.rows[6].Event.Name = audit.LoginFail }, 7},
		"a changed time":    {func(b *book) { b.rows[6].Event.At = b.rows[6].Event.At.Add(time.Microsecond) }, 7},
		"a changed detail":  {func(b *book) { b.rows[6].Event.Details = map[string]string{"a": "1"} }, 7},
		"a changed address": {func(b *book) { b.rows[6].Event.Origin.ClientIP = "192.0.2.9" }, 7},
		"a deleted row":     {func(b *book) { b.rows = append(b.rows[:6:6], b.rows[7:]...) }, 7},
		"two rows swapped":  {func(b *book) { b.rows[6].Event, b.rows[7].Event = b.rows[7].Event, b.rows[6].Event }, 7},
		"a row added":       {func(b *book) { b.rows = append(b.rows, audit.Record{Seq: 1201, Hash: make([]byte, 32)}) }, 1201},
		"the end cut off":   {func(b *book) { b.rows = b.rows[:1000] }, 1001},
		"another head":      {func(b *book) { b.head.Hash = make([]byte, 32) }, 1200},
		"a made-up beginning": {func(b *book) {
			b.check = audit.Checkpoint{Head: audit.Head{Seq: 5, Hash: b.rows[4].Hash}, MAC: make([]byte, 32)}
		}, 5},
	} {
		t.Run("AU-05 "+name, func(t *testing.T) {
			c, b := write(t, 1200)
			tt.tamper(b)
			v, err := c.Verify(t.Context(), b)
			if err != nil || v.Fault == nil || v.Fault.Seq != tt.at || v.Fault.What == "" {
				t.Errorf("got %+v (%+v), %v, want a fault at %d", v, v.Fault, err, tt.at)
			}
		})
	}
	t.Run("AU-05 a signed checkpoint stands in for what retention removed", func(t *testing.T) {
		c, b := write(t, 20)
		at := audit.Head{Seq: 8, Hash: b.rows[7].Hash}
		b.check, b.rows = audit.Checkpoint{Head: at, MAC: c.Sign(at)}, b.rows[8:]
		if v, err := c.Verify(t.Context(), b); err != nil || v.Fault != nil || v.Rows != 12 || v.From != 8 {
			t.Errorf("got %+v, %v, want 12 rows intact from 8", v, err)
		}
	})
	t.Run("a log that cannot be read is no verdict", func(t *testing.T) {
		c, b := write(t, 3)
		b.err = errors.New("away")
		if _, err := c.Verify(t.Context(), b); !errors.Is(err, b.err) {
			t.Errorf("got %v, want the error", err)
		}
	})
}

// backlog hands out rows to seal.
type backlog struct {
	mu    sync.Mutex
	left  int
	err   error
	calls int
}

func (b *backlog) SealAudit(_ context.Context, limit int, _ func([]byte, audit.Record) []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	if b.err != nil {
		return 0, b.err
	}
	n := min(b.left, limit)
	b.left -= n
	return n, nil
}

// set changes the backlog, get reads it.
func (b *backlog) set(left int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left, b.err = left, err
}

func (b *backlog) get() (left, calls int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left, b.calls
}

func TestSealer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := &backlog{left: 1700, err: errors.New("away")}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			audit.Sealer{Store: rows, Log: slog.New(slog.DiscardHandler)}.Run(ctx)
			close(done)
		}()
		time.Sleep(3500 * time.Millisecond)
		synctest.Wait()
		if left, calls := rows.get(); calls != 3 || left != 1700 {
			t.Errorf("while the database is away: got %d calls, %d left, want a try a second", calls, left)
		}
		rows.set(1700, nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if left, _ := rows.get(); left != 0 {
			t.Errorf("got %d rows left, want all sealed at once", left)
		}
		rows.set(3, nil)
		cancel()
		<-done
		if left, _ := rows.get(); left != 0 {
			t.Errorf("after the end: got %d rows left, want none", left)
		}
	})
}

// retried is a store whose first try at a transaction links its rows and is then
// rolled back.
type retried struct{ events []audit.Event }

func (r *retried) SealAudit(_ context.Context, _ int, link func([]byte, audit.Record) []byte) (int, error) {
	for range 2 {
		for _, e := range r.events {
			link(nil, audit.Record{Event: e})
		}
	}
	return len(r.events), nil
}

func TestSealedIsToldOnce(t *testing.T) {
	ring, err := seal.NewKeyring([]string{"Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"})
	if err != nil {
		t.Fatal(err)
	}
	rows := &retried{[]audit.Event{{ID: "1", Name: audit.LoginFail}, {ID: "2", Name: audit.LoginSuccess}}}
	var got []audit.Name
	s := audit.Sealer{Store: rows, Chain: audit.NewChain(ring), Sealed: func(e audit.Event) { got = append(got, e.Name) }}
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []audit.Name{audit.LoginFail, audit.LoginSuccess}; !slices.Equal(got, want) {
		t.Errorf("told: got %v, want %v", got, want)
	}
}
