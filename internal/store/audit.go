package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/store/queries"
)

func recordOf(r queries.AuditLog) audit.Record {
	e := audit.Event{
		ID: r.ID, At: clock.FromMicros(r.At), Name: audit.Name(r.Name), Result: audit.Result(r.Result), Reason: r.Reason,
		ActorID: r.ActorID, ActorKind: r.ActorKind, TargetID: r.TargetID, SessionID: r.SessionID, Factor: r.Factor,
		Origin: audit.Origin{ClientIP: r.ClientIp, Prefix: r.IpPrefix, RequestID: r.RequestID, UserAgent: r.UserAgent},
	}
	if r.Details != "{}" {
		e.Details = detailsOf(r.Details)
	}
	return audit.Record{Event: e, Seq: r.ChainSeq, Hash: r.ChainHash}
}

// detailsOf reads details that stand as they were written, to the byte. A row
// that somebody wrote over is still shown, and fails to verify: no two texts read
// alike.
func detailsOf(text string) map[string]string {
	var details map[string]string
	if err := json.Unmarshal([]byte(text), &details); err == nil && details != nil {
		_, taken := details[unreadable]
		if again, err := json.Marshal(details); err == nil && string(again) == text && !taken {
			return details
		}
	}
	return map[string]string{unreadable: text}
}

// unreadable is what the text of details is called that nobody here wrote.
const unreadable = "unreadable"

func recordsOf(rows []queries.AuditLog) []audit.Record {
	out := make([]audit.Record, 0, len(rows))
	for _, r := range rows {
		out = append(out, recordOf(r))
	}
	return out
}

// SealAudit appends up to limit unsealed rows to the hash chain and returns how
// many. The chain's head is locked first, so of several nodes one seals at a
// time. link computes the next hash from the previous one.
func (s *Store) SealAudit(ctx context.Context, limit int, link func(prev []byte, r audit.Record) []byte) (n int, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		if err := q.StartChain(ctx, []byte{}); err != nil {
			return err
		}
		head, err := q.LockChain(ctx)
		if err != nil {
			return err
		}
		rows, err := q.UnsealedAudit(ctx, int64(limit))
		if err != nil || len(rows) == 0 {
			return err
		}
		recs := recordsOf(rows)
		for _, r := range recs {
			r.Seq = head.Seq + 1
			head.Hash = link(head.Hash, r)
			head.Seq = r.Seq
			if _, err := q.SealAudit(ctx, queries.SealAuditParams{ChainSeq: r.Seq, ChainHash: head.Hash, ID: r.Event.ID}); err != nil {
				return err
			}
		}
		n = len(recs)
		return q.MoveChain(ctx, queries.MoveChainParams{Seq: head.Seq, Hash: head.Hash})
	})
	return n, err
}

// SealedAudit returns up to limit sealed rows after that place in the chain, in
// its order.
func (s *Store) SealedAudit(ctx context.Context, after int64, limit int) ([]audit.Record, error) {
	rows, err := s.read().SealedAudit(ctx, queries.SealedAuditParams{After: after, Page: int64(limit)})
	return recordsOf(rows), err
}

// AuditHead returns the place and hash the chain has reached; zero for none.
func (s *Store) AuditHead(ctx context.Context) (audit.Head, error) {
	r, err := s.read().AuditHead(ctx)
	if isAbsent(err) {
		return audit.Head{}, nil
	}
	return audit.Head{Seq: r.Seq, Hash: r.Hash}, err
}

// AuditCheckpoint returns the newest checkpoint, which a retention job left in
// place of the rows before it; zero for none.
func (s *Store) AuditCheckpoint(ctx context.Context) (audit.Checkpoint, error) {
	r, err := s.read().LastCheckpoint(ctx)
	if isAbsent(err) {
		return audit.Checkpoint{}, nil
	}
	return audit.Checkpoint{Head: audit.Head{Seq: r.Seq, Hash: r.Hash}, MAC: r.Mac, At: clock.FromMicros(r.CreatedAt)}, err
}

// TrimAudit deletes sealed rows older than before, in the order of the chain, up to
// the first that is not. Each batch is a transaction of its own that leaves a signed
// checkpoint in the place of its rows and of the checkpoint of the batch before
// (AU-05): a TrimAudit that is cut short has done a part, and the log verifies.
func (s *Store) TrimAudit(ctx context.Context, before, now time.Time, sign func(audit.Head) []byte) (total int, err error) {
	for {
		last, n, err := s.oldestRun(ctx, before)
		if err != nil || n == 0 {
			return total, err
		}
		removed, err := s.trimTo(ctx, last, now, sign)
		if total += removed; err != nil || n < sweepBatch {
			return total, err
		}
	}
}

// oldestRun returns where the oldest rows end that are older than before, and how
// many they are: a batch at the most.
func (s *Store) oldestRun(ctx context.Context, before time.Time) (last audit.Head, n int, err error) {
	rows, err := s.read().OldestSealed(ctx, sweepBatch)
	for _, r := range rows {
		if r.At >= clock.Micros(before) {
			break
		}
		last = audit.Head{Seq: r.ChainSeq, Hash: r.ChainHash}
		n++
	}
	return last, n, err
}

// trimTo deletes the rows up to that place.
func (s *Store) trimTo(ctx context.Context, h audit.Head, now time.Time, sign func(audit.Head) []byte) (n int, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		if err := q.InsertCheckpoint(ctx, queries.InsertCheckpointParams{Seq: h.Seq, Hash: h.Hash, Mac: sign(h), CreatedAt: clock.Micros(now)}); err != nil {
			return err
		}
		if err := q.DeleteCheckpointsBefore(ctx, h.Seq); err != nil {
			return err
		}
		rows, err := q.DeleteSealedUpTo(ctx, h.Seq)
		n = int(rows)
		return err
	})
	return n, err
}

// newestID sorts after every UUIDv7.
const newestID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

// AuditPage returns up to limit rows before that id (empty: the newest), newest
// first; about one user where targetID is given.
func (s *Store) AuditPage(ctx context.Context, targetID, before string, limit int) ([]audit.Record, error) {
	return s.FindAudit(ctx, audit.Filter{TargetID: targetID, Before: before}, limit)
}

// FindAudit returns up to limit rows that pass the filter, newest first.
func (s *Store) FindAudit(ctx context.Context, f audit.Filter, limit int) ([]audit.Record, error) {
	if f.Before == "" {
		f.Before = newestID
	}
	page, q := int64(limit), s.read()
	var rows []queries.AuditLog
	var err error
	switch {
	case f.TargetID == "" && f.Name == "":
		rows, err = q.AuditPage(ctx, queries.AuditPageParams{Before: f.Before, Page: page})
	case f.Name == "":
		rows, err = q.AuditPageOfTarget(ctx, queries.AuditPageOfTargetParams{TargetID: f.TargetID, Before: f.Before, Page: page})
	case f.TargetID == "":
		rows, err = q.AuditPageOfName(ctx, queries.AuditPageOfNameParams{Name: string(f.Name), Before: f.Before, Page: page})
	default:
		rows, err = q.AuditPageOfTargetAndName(ctx, queries.AuditPageOfTargetAndNameParams{
			TargetID: f.TargetID, Name: string(f.Name), Before: f.Before, Page: page,
		})
	}
	return recordsOf(rows), err
}
