package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
)

// recorder writes audit events that belong to no change, without making the one
// who reports them wait. When its queue is full the event goes to the log.
type recorder struct {
	store interface {
		Record(ctx context.Context, t audit.Trail) error
	}
	log   *slog.Logger
	queue chan *audit.Event
}

// recorderQueue is how many events may wait; recorderBatch how many go into one
// transaction.
const (
	recorderQueue = 4096
	recorderBatch = 200
)

func newRecorder(s interface {
	Record(ctx context.Context, t audit.Trail) error
}, log *slog.Logger) *recorder {
	return &recorder{store: s, log: log, queue: make(chan *audit.Event, recorderQueue)}
}

// Record queues e. It never blocks.
func (r *recorder) Record(e audit.Event) {
	select {
	case r.queue <- &e:
	default:
		e = e.Clean()
		r.log.Error("the audit queue is full; the event stands here alone", "event", e.ID, "name", e.Name, "reason", e.Reason, "user", e.TargetID)
	}
}

// run writes what is queued until ctx ends, and then what is left.
func (r *recorder) run(ctx context.Context) {
	for {
		select {
		case e := <-r.queue:
			r.write(ctx, r.batch(e))
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			for {
				select {
				case e := <-r.queue:
					r.write(last, r.batch(e))
				default:
					return
				}
			}
		}
	}
}

func (r *recorder) batch(first *audit.Event) []audit.Event {
	out := []audit.Event{*first}
	for len(out) < recorderBatch {
		select {
		case e := <-r.queue:
			out = append(out, *e)
		default:
			return out
		}
	}
	return out
}

func (r *recorder) write(ctx context.Context, events []audit.Event) {
	if err := r.store.Record(context.WithoutCancel(ctx), audit.Of(events...)); err != nil {
		r.log.ErrorContext(ctx, "audit events could not be written", "events", len(events), "error", err)
	}
}
