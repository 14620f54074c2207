package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
)

// log writes n events, one second apart, and returns their ids.
func (r *rig) log(n int) (ids []string) {
	r.Helper()
	for i := range n {
		e := audit.New(r.ctx(), noon.Add(time.Duration(i)*time.Second), audit.LoginFail, audit.Failure, fmt.Sprintf("user-%d", i%3))
		e.Reason, e.SessionID, e.Factor = "wrong_password", "s1", "password"
		e.Origin = audit.Origin{ClientIP: "192.0.2.7", Prefix: "192.0.2.7", UserAgent: "curl/8", RequestID: "r1"}
		e.Details = map[string]string{"city": "Zürich <&>", "n": fmt.Sprint(i)}
		r.must(r.Record(r.ctx(), audit.Of(e)))
		ids = append(ids, e.ID)
	}
	return ids
}

func (r *rig) chain() audit.Chain { return audit.NewChain(r.ring) }

// sealAll seals whatever is not sealed.
func (r *rig) sealAll() {
	r.Helper()
	for {
		n, err := r.SealAudit(r.ctx(), 7, r.chain().Link)
		r.must(err)
		if n == 0 {
			return
		}
	}
}

func (r *rig) verify() audit.Verdict {
	r.Helper()
	v, err := r.chain().Verify(r.ctx(), r.Store)
	r.must(err)
	return v
}

// wantWhole fails unless the chain holds over that many rows.
func (r *rig) wantWhole(rows int64) {
	r.Helper()
	if v := r.verify(); v.Fault != nil || v.Rows != rows {
		r.Fatalf("the chain: got %d rows, fault %+v; want %d, none", v.Rows, v.Fault, rows)
	}
}

func TestAuditChain(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		r.wantWhole(0)
		r.log(20)
		r.wantWhole(0)
		r.sealAll()
		r.wantWhole(20)
		for _, column := range r.columns("audit_logs") {
			t.Run("AU-05 a change in "+column, func(t *testing.T) { tamper(r.in(t), column) })
		}
		for _, tt := range tampering {
			t.Run("AU-05 "+tt.name, func(t *testing.T) {
				r := r.in(t)
				saved := r.dump()
				r.exec("CREATE TABLE saved_logs AS SELECT * FROM audit_logs")
				r.exec("CREATE TABLE saved_chain AS SELECT * FROM audit_chain")
				for _, change := range tt.changes {
					if r.exec(change) == 0 {
						t.Fatalf("%s: touched nothing", change)
					}
				}
				if v := r.verify(); v.Fault == nil {
					t.Errorf("got no fault over %d rows, want one", v.Rows)
				}
				r.exec("DELETE FROM audit_logs")
				r.exec("DELETE FROM audit_chain")
				r.exec("INSERT INTO audit_logs SELECT * FROM saved_logs")
				r.exec("INSERT INTO audit_chain SELECT * FROM saved_chain")
				r.exec("DROP TABLE saved_logs")
				r.exec("DROP TABLE saved_chain")
				if diff := difference(saved, r.dump()); diff != "" {
					t.Fatalf("not restored: %s", diff)
				}
			})
		}
		r.wantWhole(20)
	})
}

// tampering are the changes to whole rows and to the head that must be found.
var tampering = []struct {
	name    string
	changes []string
}{
	{"a deleted row", []string{"DELETE FROM audit_logs WHERE chain_seq = 8"}},
	{"the first row deleted", []string{"DELETE FROM audit_logs WHERE chain_seq = 1"}},
	{"the last row deleted", []string{"DELETE FROM audit_logs WHERE chain_seq = 20"}},
	{"all rows deleted", []string{"DELETE FROM audit_logs"}},
	{"a pair swapped", []string{
		"UPDATE audit_logs SET chain_seq = CASE chain_seq WHEN 4 THEN 5 ELSE 4 END WHERE chain_seq IN (4, 5)",
	}},
	{"a pair swapped with their hashes", []string{
		"UPDATE audit_logs SET chain_seq = -4 WHERE chain_seq = 4", "UPDATE audit_logs SET chain_seq = 4 WHERE chain_seq = 5",
		"UPDATE audit_logs SET chain_seq = 5 WHERE chain_seq = -4",
		`UPDATE audit_logs SET chain_hash = (SELECT s.chain_hash FROM saved_logs AS s WHERE s.chain_seq = audit_logs.chain_seq) WHERE chain_seq IN (4, 5)`,
	}},
	{"a row taken out of the chain", []string{"UPDATE audit_logs SET chain_seq = 0, chain_hash = NULL WHERE chain_seq = 9"}},
	{"a row put in, those behind it moved", []string{
		"UPDATE audit_logs SET chain_seq = chain_seq + 1 WHERE chain_seq > 10", "UPDATE audit_chain SET seq = 21",
		copyOfTenth + " FROM audit_logs WHERE chain_seq = 10",
	}},
	{"a row added at the end", []string{strings.Replace(copyOfTenth, "11", "21", 1) + " FROM audit_logs WHERE chain_seq = 10"}},
	{"a place given twice", []string{strings.Replace(copyOfTenth, "11", "10", 1) + " FROM audit_logs WHERE chain_seq = 10"}},
	{"details that say the same in other bytes", []string{
		"UPDATE audit_logs SET details = REPLACE(details, ',', ', ') WHERE chain_seq = 6",
	}},
	{"another hash in the head", []string{"UPDATE audit_chain SET hash = (SELECT chain_hash FROM audit_logs WHERE chain_seq = 3)"}},
	{"a head that has gone further", []string{"UPDATE audit_chain SET seq = 21"}},
	{"a head that was set back", []string{
		"UPDATE audit_chain SET seq = 19, hash = (SELECT chain_hash FROM audit_logs WHERE chain_seq = 19)",
	}},
	{"no head", []string{"DELETE FROM audit_chain"}},
}

// copyOfTenth puts a copy of a row in the eleventh place.
const copyOfTenth = `INSERT INTO audit_logs SELECT 'copy', at, name, result, reason, actor_id, actor_kind, target_id, session_id, factor,
	client_ip, ip_prefix, request_id, user_agent, details, 11, chain_hash`

// tamper changes one value of the eighth row, sees it found, and puts it back.
func tamper(r *rig, column string) {
	where := " WHERE chain_seq = 8"
	was := r.rows("SELECT " + column + " FROM audit_logs" + where)[0][0]
	key := r.rows("SELECT id FROM audit_logs" + where)[0][0]
	changed := changed(was)
	if n := r.exec("UPDATE audit_logs SET "+column+" = ?"+where, changed); n != 1 {
		r.Fatalf("touched %d rows, want 1", n)
	}
	v := r.verify()
	if v.Fault == nil || v.Fault.Seq != 8 {
		r.Errorf("%v in place of %v: got fault %+v, want one at 8", changed, was, v.Fault)
	}
	if column == "id" {
		key = changed
	}
	r.exec("UPDATE audit_logs SET "+column+" = ? WHERE id = ?", was, key)
}

// changed differs from v by one byte, or by one.
func changed(v any) any {
	switch v := v.(type) {
	case int64:
		return v + 1000
	case []byte:
		b := slices.Clone(v)
		b[len(b)-1] ^= 1
		return b
	case string:
		b := []byte(v)
		b[len(b)/2] ^= 1
		return string(b)
	default:
		return fmt.Sprint(v)
	}
}

func TestSealingAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		const writers, each = 4, 15
		var writing, sealing sync.WaitGroup
		stop := make(chan struct{})
		for range writers {
			writing.Go(func() {
				for range each {
					if err := r.Record(r.ctx(), audit.Of(r.event("u"))); err != nil {
						t.Errorf("record: %v", err)
					}
				}
			})
		}
		for range 4 {
			sealing.Go(func() {
				for done := false; !done; {
					select {
					case <-stop:
						done = true
					default:
					}
					if _, err := r.SealAudit(r.ctx(), 5, r.chain().Link); err != nil {
						t.Errorf("seal: %v", err)
					}
					if v, err := r.chain().Verify(r.ctx(), r.Store); err != nil || v.Fault != nil {
						t.Errorf("AU-05 verified while others seal: got %+v, error %v; want no fault", v.Fault, err)
					}
				}
			})
		}
		writing.Wait()
		close(stop)
		sealing.Wait()
		r.sealAll()
		r.wantWhole(writers * each)
	})
}

func TestTrimAudit(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		trim := func(before time.Time) int {
			n, err := r.TrimAudit(r.ctx(), before, noon.AddDate(1, 0, 0), r.chain().Sign)
			r.must(err)
			return n
		}
		r.log(20)
		if n := trim(noon.AddDate(1, 0, 0)); n != 0 {
			t.Errorf("rows that are not sealed: trimmed %d, want 0", n)
		}
		r.sealAll()
		if n := trim(noon); n != 0 {
			t.Errorf("before the first: trimmed %d, want 0", n)
		}
		if n := trim(noon.Add(5 * time.Second)); n != 5 {
			t.Errorf("trimmed %d, want 5", n)
		}
		c, err := r.AuditCheckpoint(r.ctx())
		if v := r.verify(); err != nil || c.Seq != 5 || !c.At.Equal(noon.AddDate(1, 0, 0)) || v.Fault != nil || v.From != 5 || v.Rows != 15 {
			t.Errorf("AU-05 got checkpoint %d, verdict %+v, error %v; want 5 and 15 rows from there", c.Seq, v, err)
		}
		r.log(1)
		r.sealAll()
		if n := trim(noon.AddDate(1, 0, 0)); n != 16 {
			t.Errorf("all: trimmed %d, want 16", n)
		}
		if v := r.verify(); v.Fault != nil || v.From != 21 || v.Rows != 0 {
			t.Errorf("AU-05 all trimmed: got %+v, want nothing left and no fault", v)
		}
		r.log(2)
		r.sealAll()
		if v := r.verify(); v.Fault != nil || v.Rows != 2 {
			t.Errorf("AU-05 the chain goes on: got %+v, want 2 rows", v)
		}
		r.exec("UPDATE audit_checkpoints SET mac = hash WHERE seq = 21")
		if v := r.verify(); v.Fault == nil {
			t.Error("AU-05 a forged checkpoint: got no fault, want one")
		}
		r.exec("DELETE FROM audit_checkpoints")
		if v := r.verify(); v.Fault == nil {
			t.Error("AU-05 no checkpoint where rows are missing: got no fault, want one")
		}
	})
}

// record writes events at these seconds after noon and seals them, in that order.
func (r *rig) record(seconds ...int) {
	r.Helper()
	var events []audit.Event
	for _, s := range seconds {
		e := r.event("u")
		e.At = noon.Add(time.Duration(s) * time.Second)
		events = append(events, e)
	}
	for some := range slices.Chunk(events, 100) {
		r.must(r.Record(r.ctx(), audit.Of(some...)))
	}
	if n, err := r.SealAudit(r.ctx(), len(seconds), r.chain().Link); err != nil || n != len(seconds) {
		r.Fatalf("sealed: got %d, error %v; want %d", n, err, len(seconds))
	}
}

func TestTrimAuditInBatches(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		const rows, old = 1300, 1203 // two batches and a part
		seconds := make([]int, rows)
		for i := range seconds {
			seconds[i] = i
		}
		r.record(seconds...)
		ctx, cancel := context.WithCancel(r.ctx())
		defer cancel()
		signed := 0
		n, err := r.TrimAudit(ctx, noon.Add(old*time.Second), noon, func(h audit.Head) []byte {
			if signed++; signed == 2 {
				cancel()
			}
			return r.chain().Sign(h)
		})
		if v := r.verify(); err == nil || n != 500 || v.Fault != nil || v.From != 500 || v.Rows != rows-500 {
			t.Errorf("AU-05 cut short in the second batch: got %d rows, error %v, verdict %+v; want the first batch gone and no fault", n, err, v)
		}
		n, err = r.TrimAudit(r.ctx(), noon.Add(old*time.Second), noon, r.chain().Sign)
		if v := r.verify(); err != nil || n != old-500 || v.Fault != nil || v.From != old || v.Rows != rows-old {
			t.Errorf("AU-05 done to its end: got %d rows, error %v, verdict %+v; want %d more gone and no fault", n, err, v, old-500)
		}
		if n := r.count("SELECT COUNT(*) FROM audit_checkpoints"); n != 1 {
			t.Errorf("checkpoints: got %d, want the last one alone", n)
		}
	})
}

func TestTrimAuditKeepsToTheChain(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		r.record(0, 3600, 1, 2) // a node whose clock is an hour ahead
		n, err := r.TrimAudit(r.ctx(), noon.Add(time.Minute), noon, r.chain().Sign)
		if v := r.verify(); err != nil || n != 1 || v.Fault != nil || v.Rows != 3 {
			t.Errorf("AU-05 got %d rows, error %v, verdict %+v; want nothing removed before its time", n, err, v)
		}
		if n, err = r.TrimAudit(r.ctx(), noon.Add(2*time.Hour), noon, r.chain().Sign); err != nil || n != 3 {
			t.Errorf("AU-05 once it is old: got %d rows, error %v; want 3", n, err)
		}
	})
}

func TestAuditPages(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		ids := r.log(10)
		slices.Reverse(ids)
		var aboutOne []string // the targets go 0, 1, 2, 0, 1, 2, …
		for i := range ids {
			if (len(ids)-1-i)%3 == 1 {
				aboutOne = append(aboutOne, ids[i])
			}
		}
		for _, tt := range []struct {
			target string
			want   []string
		}{{"", ids}, {"user-1", aboutOne}, {"user-9", nil}} {
			var got []string
			for before := ""; ; {
				page, err := r.AuditPage(r.ctx(), tt.target, before, 3)
				r.must(err)
				if len(page) == 0 {
					break
				}
				for _, rec := range page {
					got, before = append(got, rec.Event.ID), rec.Event.ID
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("about %q, three by three: got %v, want %v", tt.target, got, tt.want)
			}
		}
		r.sealAll()
		for after := int64(0); after < 10; after += 4 {
			page, err := r.SealedAudit(r.ctx(), after, 4)
			r.must(err)
			for i, rec := range page {
				if rec.Seq != after+int64(i)+1 {
					t.Errorf("after %d: got place %d, want %d", after, rec.Seq, after+int64(i)+1)
				}
			}
		}
	})
}

func TestAuditRow(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		e := r.event("u1")
		e.Reason, e.Details = "wrong\r\n\x00\x1b[31m", map[string]string{"agent": strings.Repeat("é", 1<<20)}
		e.Origin.UserAgent = "\u202Eevil\xff"
		r.must(r.Record(r.ctx(), audit.Of(e)))
		page, err := r.AuditPage(r.ctx(), "u1", "", 1)
		r.must(err)
		got, want := page[0].Event, e.Clean()
		if got.Reason != want.Reason || got.Origin != want.Origin || got.Details["agent"] != want.Details["agent"] || !got.At.Equal(noon) || got.ID != e.ID {
			t.Errorf("AU-04 got %+v, want %+v", got, want)
		}
		if len(got.Details["agent"]) > audit.MaxField || strings.ContainsAny(got.Reason, "\r\n\x00\x1b") {
			t.Errorf("AU-04 got %d bytes and %q, want them cut and cleaned", len(got.Details["agent"]), got.Reason)
		}
	})
}
