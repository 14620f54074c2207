package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// Record is an event as the log keeps it.
type Record struct {
	Event Event
	Seq   int64  // place in the chain, from 1; 0: not sealed yet
	Hash  []byte // the chain's hash up to and including this row
}

// Filter chooses rows of the log; its zero value chooses all. Rows are read newest
// first.
type Filter struct {
	TargetID string // about this user
	Name     Name   // events of this name
	Before   string // older than the row of this id; empty: from the newest
}

// Head is the place and hash a chain has reached.
type Head struct {
	Seq  int64
	Hash []byte
}

// Checkpoint stands in place of rows that a retention job removed: the chain
// goes on from it. MAC proves that this server wrote it.
type Checkpoint struct {
	Head
	MAC []byte
	At  time.Time
}

// MACer computes keyed hashes; the key lies outside the database, so whoever can
// write to the database still cannot forge the chain.
type MACer interface {
	MAC(purpose string, parts ...[]byte) []byte
	// VerifyMAC compares in constant time, under every key still known.
	VerifyMAC(mac []byte, purpose string, parts ...[]byte) bool
}

// Chain computes and verifies the hash chain.
type Chain struct{ keys MACer }

// NewChain returns a chain keyed by keys.
func NewChain(keys MACer) Chain { return Chain{keys} }

// Link returns the hash of r when the chain had reached prev.
func (c Chain) Link(prev []byte, r Record) []byte {
	return c.keys.MAC("audit-chain", prev, seqBytes(r.Seq), r.Event.canonical())
}

// Sign returns the MAC of a checkpoint.
func (c Chain) Sign(h Head) []byte {
	return c.keys.MAC("audit-checkpoint", seqBytes(h.Seq), h.Hash)
}

func seqBytes(seq int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(seq)) }

// canonical is the byte form that is hashed: JSON of every field, in the order
// of the struct, details with sorted keys.
func (e Event) canonical() []byte {
	b, err := json.Marshal(struct {
		ID, Name, Result, Reason, Actor, ActorKind, Target, Session, Factor, IP, Prefix, Request, Agent string
		At                                                                                              int64
		Details                                                                                         map[string]string
	}{
		e.ID, string(e.Name), string(e.Result), e.Reason, e.ActorID, e.ActorKind, e.TargetID, e.SessionID, e.Factor,
		e.Origin.ClientIP, e.Origin.Prefix, e.Origin.RequestID, e.Origin.UserAgent, clock.Micros(e.At), e.Details,
	})
	if err != nil { // strings, an integer and a map of strings always encode
		panic(err)
	}
	return b
}

// Log reads what Verify walks through.
type Log interface {
	SealedAudit(ctx context.Context, after int64, limit int) ([]Record, error)
	AuditHead(ctx context.Context) (Head, error)
	AuditCheckpoint(ctx context.Context) (Checkpoint, error)
}

// Fault is where a chain breaks.
type Fault struct {
	Seq  int64  // the first place that does not fit
	ID   string // the row found there; empty: none
	What string
}

// Verdict is what Verify found.
type Verdict struct {
	Rows  int64 // sealed rows that were checked
	From  int64 // the checkpoint they go on from; 0: the beginning
	Fault *Fault
}

// verifyPage is how many rows Verify holds at a time.
const verifyPage = 500

// Verify walks the whole chain. A changed, deleted, inserted or reordered row, or
// a head that does not belong to the rows, is a Fault; an error means that the
// log could not be read.
func (c Chain) Verify(ctx context.Context, log Log) (Verdict, error) {
	head, err := log.AuditHead(ctx)
	if err != nil {
		return Verdict{}, err
	}
	start, err := log.AuditCheckpoint(ctx)
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{From: start.Seq}
	if start.Seq > 0 && !c.keys.VerifyMAC(start.MAC, "audit-checkpoint", seqBytes(start.Seq), start.Hash) {
		v.Fault = &Fault{Seq: start.Seq, What: "the checkpoint was not written by this server"}
		return v, nil
	}
	at, err := c.walk(ctx, log, &v, start.Head)
	if err != nil || v.Fault != nil {
		return v, err
	}
	// Rows that were sealed while we walked moved the head with them.
	after, err := log.AuditHead(ctx)
	if err != nil {
		return v, err
	}
	switch {
	case at.Seq < head.Seq:
		v.Fault = &Fault{Seq: at.Seq + 1, What: fmt.Sprintf("the log ends at %d, the chain had reached %d", at.Seq, head.Seq)}
	case after.Seq < at.Seq:
		v.Fault = &Fault{Seq: after.Seq, What: fmt.Sprintf("the chain says it reached %d, the log goes on to %d", after.Seq, at.Seq)}
	case after.Seq == at.Seq && !bytes.Equal(after.Hash, at.Hash):
		v.Fault = &Fault{Seq: at.Seq, What: "the chain's head does not match the last row"}
	}
	return v, nil
}

// walk checks the rows that follow start and returns the last one's place.
func (c Chain) walk(ctx context.Context, log Log, v *Verdict, start Head) (at Head, err error) {
	at = start
	for {
		rows, err := log.SealedAudit(ctx, at.Seq, verifyPage)
		if err != nil {
			return at, err
		}
		for _, r := range rows {
			if v.Fault = c.check(at, r); v.Fault != nil {
				return at, nil
			}
			at = Head{Seq: r.Seq, Hash: r.Hash}
			v.Rows++
		}
		if len(rows) < verifyPage {
			return at, nil
		}
	}
}

func (c Chain) check(at Head, r Record) *Fault {
	if r.Seq != at.Seq+1 {
		return &Fault{Seq: at.Seq + 1, ID: r.Event.ID, What: fmt.Sprintf("place %d is missing", at.Seq+1)}
	}
	if !c.keys.VerifyMAC(r.Hash, "audit-chain", at.Hash, seqBytes(r.Seq), r.Event.canonical()) {
		return &Fault{Seq: r.Seq, ID: r.Event.ID, What: "the row does not match its hash"}
	}
	return nil
}
