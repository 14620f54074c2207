package audit

import (
	"context"
	"log/slog"
	"time"
)

// Sealing is the store's part in sealing.
type Sealing interface {
	SealAudit(ctx context.Context, limit int, link func(prev []byte, r Record) []byte) (int, error)
}

// sealBatch bounds one sealing transaction.
const sealBatch = 500

// Sealer appends new rows to the chain, a moment after the change that wrote
// them. Any number of nodes may run one; the chain's head lets one at a time.
type Sealer struct {
	Store Sealing
	Chain Chain
	Log   *slog.Logger
	Every time.Duration // 0: one second
	// Sealed is told each event once it is part of the chain, by the node that
	// sealed it, in order; nil: nobody is.
	Sealed func(e Event)
}

// Run seals until ctx ends, and once more then, so that a clean stop leaves no
// unsealed row of this node.
func (s Sealer) Run(ctx context.Context) {
	every := s.Every
	if every == 0 {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			s.sealAll(last)
			return
		case <-tick.C:
			s.sealAll(ctx)
		}
	}
}

func (s Sealer) sealAll(ctx context.Context) {
	if err := s.Seal(ctx); err != nil && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "sealing the audit log failed; it is tried again", "error", err)
	}
}

// Seal seals all rows that wait, for commands that end before Run would.
func (s Sealer) Seal(ctx context.Context) error {
	for {
		n, err := s.sealBatch(ctx)
		if err != nil || n < sealBatch {
			return err
		}
	}
}

// sealBatch is one transaction, which the store may try more than once: what
// counts are the rows of its last try.
func (s Sealer) sealBatch(ctx context.Context) (int, error) {
	var linked []Event
	n, err := s.Store.SealAudit(ctx, sealBatch, func(prev []byte, r Record) []byte {
		linked = append(linked, r.Event)
		return s.Chain.Link(prev, r)
	})
	if err == nil && s.Sealed != nil {
		for _, e := range linked[len(linked)-n:] {
			s.Sealed(e)
		}
	}
	return n, err
}
