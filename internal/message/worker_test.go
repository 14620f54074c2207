package message_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/messagetest"
)

// quay is a worker at work inside a synctest bubble, whose clock is the bubble's.
type quay struct {
	*testing.T
	store    *messagetest.Memory
	mail     *messagetest.Carrier
	sms      *messagetest.Carrier
	worker   *message.Worker
	log      *bytes.Buffer
	mu       sync.Mutex
	outcomes []message.Outcome
	stop     context.CancelFunc
	done     chan error
}

// run puts a worker on the quay, calls f and stops the worker.
func run(t *testing.T, f func(*quay)) {
	synctest.Test(t, func(t *testing.T) {
		q := &quay{T: t, store: messagetest.NewMemory(), mail: &messagetest.Carrier{}, sms: &messagetest.Carrier{}, log: &bytes.Buffer{}, done: make(chan error, 1)}
		renderer, err := message.NewRenderer(message.Wording{AppName: "Harbour", PublicURL: "https://auth.example", Clock: clock.System})
		if err != nil {
			t.Fatal(err)
		}
		q.worker = message.NewWorker(message.Parts{
			Store: q.store, Renderer: renderer, Clock: clock.System, Log: slog.New(slog.NewTextHandler(q.log, nil)),
			Senders: map[message.Channel]message.Sender{message.Email: q.mail, message.SMS: q.sms},
			Observe: func(o message.Outcome) {
				q.mu.Lock()
				defer q.mu.Unlock()
				q.outcomes = append(q.outcomes, o)
			},
		})
		f(q)
		if q.stop != nil {
			q.halt()
		}
	})
}

func (q *quay) start() {
	ctx, stop := context.WithCancel(q.Context())
	q.stop = stop
	go func() { q.done <- q.worker.Run(ctx) }()
	synctest.Wait()
}

func (q *quay) halt() {
	q.stop()
	if err := <-q.done; err != nil {
		q.Errorf("Run: got %v, want nil", err)
	}
	q.stop = nil
}

func (q *quay) queue(messages ...message.Outgoing) {
	q.Helper()
	if err := q.store.QueueMessages(q.Context(), clock.System(), messages...); err != nil {
		q.Fatal(err)
	}
	q.worker.Nudge()
	synctest.Wait()
}

// pass lets the bubble's time run; no goroutine waits for real time.
func (q *quay) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (q *quay) results() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []string
	for _, o := range q.outcomes {
		out = append(out, o.Result)
	}
	return strings.Join(out, " ")
}

func (q *quay) wantResults(want string) {
	q.Helper()
	if got := q.results(); got != want {
		q.Errorf("outcomes: got %q, want %q\n%s", got, want, q.log)
	}
}

func (q *quay) wantIn(state message.State, n int) []message.Entry {
	q.Helper()
	list, err := q.store.ListMessages(q.Context(), state, "", 100)
	if err != nil {
		q.Fatal(err)
	}
	if len(list) != n {
		q.Errorf("%s: got %d messages, want %d", state, len(list), n)
	}
	return list
}

func codeMail(life time.Duration) message.Outgoing {
	o := message.ToMail(message.Code, "u1", "ada@example.org")
	o.Code, o.ExpiresAt = "493017", clock.System().Add(life)
	return o
}

func TestWorkerSendsAtOnce(t *testing.T) {
	run(t, func(q *quay) {
		q.start()
		begin := clock.System()
		o := codeMail(5 * time.Minute)
		q.queue(o)
		if took := clock.System().Sub(begin); took != 0 {
			t.Errorf("a nudged message waited %v, want 0", took)
		}
		q.wantResults("sent")
		sent := q.mail.Sendings()[0]
		if sent.ID != o.ID || sent.To != o.To || !strings.Contains(sent.Words.Text, "493017") {
			t.Errorf("sent %v", sent.Queued)
		}
		if e := q.wantIn(message.StateSent, 1)[0]; e.CarrierID != "carrier-"+o.ID {
			t.Errorf("carrier id: got %q", e.CarrierID)
		}
	})
}

func TestWorkerFindsWhatIsThereAtStart(t *testing.T) {
	run(t, func(q *quay) {
		q.queue(codeMail(time.Minute), message.ToPhone(message.PasswordChanged, "u1", "+447700900123"))
		q.start()
		q.wantResults("sent sent")
	})
}

func TestWorkerRetriesWithBackoff(t *testing.T) {
	run(t, func(q *quay) {
		tries := []time.Time{}
		q.mail.Answer = func(context.Context, message.Queued) (string, error) {
			tries = append(tries, clock.System())
			if len(tries) < 5 {
				return "", errors.New("connection refused")
			}
			return "ok", nil
		}
		q.start()
		q.queue(message.ToMail(message.EmailChanged, "u1", "ada@example.org"))
		q.pass(2 * time.Minute)
		q.wantResults("retry retry retry retry sent")
		for i := 1; i < len(tries); i++ {
			want := time.Second << i // 2 s, 4 s, 8 s, 16 s, half of it random, and up to one poll
			if d := tries[i].Sub(tries[i-1]); d < want/2 || d > want+2*time.Second {
				t.Errorf("wait after try %d: got %v, want %v to %v", i, d, want/2, want+2*time.Second)
			}
		}
	})
}

func TestWorkerGivesUp(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		life   time.Duration
		wait   time.Duration
		tries  int
		state  message.State
		reason string
	}{
		{"at once when refused", message.Refused("smtp_550", errors.New("no such user <ADA@example.org>")), time.Minute, 0, 1, message.StateDead, "smtp_550: no such user <[hidden]>"},
		{"at once when refused, wrapped", fmt.Errorf("x: %w", message.Refused("smtp_550", nil)), time.Minute, 0, 1, message.StateDead, "smtp_550"},
		{"after the last try", errors.New("down"), 100 * time.Hour, 24 * time.Hour, 20, message.StateDead, "error: down"},
		{"when it expired", errors.New("down"), 10 * time.Second, time.Minute, 3, message.StateExpired, "error: down"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(q *quay) {
				q.mail.Answer = func(context.Context, message.Queued) (string, error) { return "", tt.err }
				q.start()
				q.queue(codeMail(tt.life))
				q.pass(tt.wait)
				n := len(q.mail.Sendings())
				if n > tt.tries || n < tt.tries-1 && tt.state == message.StateExpired || n != tt.tries && tt.state == message.StateDead {
					t.Errorf("tries: got %d, want %d", n, tt.tries)
				}
				if e := q.wantIn(tt.state, 1)[0]; e.Reason != tt.reason {
					t.Errorf("reason: got %q, want %q", e.Reason, tt.reason)
				}
			})
		})
	}
}

func TestWorkerHonoursRetryAfter(t *testing.T) {
	run(t, func(q *quay) {
		q.sms.Answer = func(context.Context, message.Queued) (string, error) {
			if len(q.sms.Sendings()) == 1 {
				return "", message.Postponed("twilio_429", time.Minute, nil)
			}
			return "ok", nil
		}
		q.start()
		q.queue(message.ToPhone(message.PasswordChanged, "u1", "+447700900123"))
		q.pass(59 * time.Second)
		q.wantResults("retry")
		q.pass(3 * time.Second)
		q.wantResults("retry sent")
	})
}

func TestWorkerNeverSendsExpired(t *testing.T) {
	run(t, func(q *quay) {
		o := codeMail(time.Second)
		q.queue(o)
		q.pass(time.Second)
		q.start()
		q.pass(time.Minute)
		if n := len(q.mail.Sendings()); n != 0 {
			t.Errorf("sent %d expired messages, want 0", n)
		}
		q.wantIn(message.StateExpired, 1)
		if left, _ := q.store.HasContent(q.Context(), o.ID); left {
			t.Error("content of the expired message is still there")
		}
	})
}

func TestWorkerBoundsATryByExpiry(t *testing.T) {
	run(t, func(q *quay) {
		q.mail.Answer = func(ctx context.Context, _ message.Queued) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}
		q.start()
		q.queue(codeMail(3 * time.Second))
		q.pass(3 * time.Second)
		q.wantResults("expired")
		q.wantIn(message.StateExpired, 1)
	})
}

func TestOT10SlowCarrierTimesOut(t *testing.T) {
	run(t, func(q *quay) {
		q.mail.Answer = func(ctx context.Context, _ message.Queued) (string, error) {
			if len(q.mail.Sendings()) > 1 {
				return "ok", nil
			}
			<-ctx.Done()
			return "", fmt.Errorf("dial: %w", ctx.Err())
		}
		q.start()
		q.queue(codeMail(5 * time.Minute))
		q.queue(message.ToPhone(message.PasswordChanged, "u1", "+447700900123"))
		q.wantResults("sent") // the SMS does not wait for the mail server
		q.pass(10 * time.Second)
		q.wantResults("sent retry")
		q.pass(5 * time.Second)
		q.wantResults("sent retry sent")
		s := q.mail.Sendings()
		if s[0].ID != s[1].ID {
			t.Errorf("the retry has another id: got %s, want %s", s[1].ID, s[0].ID)
		}
	})
}

func TestWorkerBoundsParallelSends(t *testing.T) {
	run(t, func(q *quay) {
		var mu sync.Mutex
		now, most := 0, 0
		q.mail.Answer = func(context.Context, message.Queued) (string, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return "", nil
		}
		q.start()
		var batch []message.Outgoing
		for range 40 {
			batch = append(batch, message.ToMail(message.EmailChanged, "u1", "ada@example.org"))
		}
		q.queue(batch...)
		q.pass(10*time.Second + time.Millisecond) // 40 messages, 4 at a time, no idle polls
		q.wantIn(message.StateSent, 40)
		if most != 4 {
			t.Errorf("most at a time: got %d, want 4", most)
		}
	})
}

func TestWorkerStopsGracefully(t *testing.T) {
	run(t, func(q *quay) {
		q.mail.Answer = func(context.Context, message.Queued) (string, error) {
			time.Sleep(8 * time.Second)
			return "ok", nil
		}
		q.start()
		q.queue(codeMail(time.Minute))
		begin := clock.System()
		q.halt()
		if d := clock.System().Sub(begin); d != 8*time.Second {
			t.Errorf("stop took %v, want the 8 s of the try under way", d)
		}
		q.wantIn(message.StateSent, 1)
		q.queue(codeMail(time.Minute))
		q.wantIn(message.StateQueued, 1)
	})
}

func TestWorkerSurvivesAPanic(t *testing.T) {
	run(t, func(q *quay) {
		q.mail.Answer = func(context.Context, message.Queued) (string, error) {
			if len(q.mail.Sendings()) == 1 {
				panic("boom")
			}
			return "ok", nil
		}
		q.start()
		q.queue(codeMail(time.Minute))
		q.pass(5 * time.Second)
		q.wantResults("retry sent")
	})
}

func TestWorkerWithoutCarrierOrTemplate(t *testing.T) {
	run(t, func(q *quay) {
		delete(q.worker.Senders, message.SMS)
		q.worker = message.NewWorker(q.worker.Parts)
		q.start()
		q.queue(message.ToPhone(message.PasswordChanged, "u1", "+447700900123"), message.ToMail("gossip", "u1", "ada@example.org"))
		q.wantResults("dead dead")
		for _, e := range q.wantIn(message.StateDead, 2) {
			if !strings.HasPrefix(e.Reason, "no_sender") && !strings.HasPrefix(e.Reason, "template") {
				t.Errorf("reason: got %q", e.Reason)
			}
		}
	})
}

func TestWorkerDropsWhatGoesNowhere(t *testing.T) {
	run(t, func(q *quay) {
		delete(q.worker.Senders, message.SMS)
		q.worker = message.NewWorker(q.worker.Parts)
		q.start()
		q.queue(message.ToMail(message.Nothing, "", ""), message.ToPhone(message.Nothing, "", ""))
		q.wantResults("sent sent")
		q.wantIn(message.StateSent, 2)
		if got := q.mail.Sendings(); len(got) != 0 {
			t.Errorf("RC-01 the carrier: got %v, want nothing", got)
		}
	})
}

func TestWorkerOutlivesTheStore(t *testing.T) {
	run(t, func(q *quay) {
		q.store.Break(errors.New("database is gone"))
		q.start()
		q.queue(codeMail(time.Minute))
		q.pass(20 * time.Second)
		if n := strings.Count(q.log.String(), "cannot be read"); n != 2 { // one per channel
			t.Errorf("complaints: got %d, want 2", n)
		}
		q.store.Break(nil)
		q.pass(2 * time.Second)
		q.wantResults("sent")
	})
}

func TestWorkerInsistsOnMarking(t *testing.T) {
	tests := []struct {
		name  string
		down  time.Duration
		want  string
		tries int
	}{
		{"a short hiccup costs nothing", 2 * time.Second, "sent", 1},
		{"a long one costs a second send under the same id", 6 * time.Second, "lost sent", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(q *quay) {
				first := true
				q.mail.Answer = func(context.Context, message.Queued) (string, error) {
					if first {
						first = false
						q.store.Break(errors.New("database is gone"))
						time.AfterFunc(tt.down, func() { q.store.Break(nil) })
					}
					return "ok", nil
				}
				q.start()
				q.queue(codeMail(5 * time.Minute))
				q.pass(time.Minute)
				q.wantResults(tt.want)
				s := q.mail.Sendings()
				if len(s) != tt.tries || s[0].ID != s[len(s)-1].ID {
					t.Errorf("got %d sends, want %d of one id", len(s), tt.tries)
				}
			})
		})
	}
}

func TestTwoWorkersShareATable(t *testing.T) {
	run(t, func(q *quay) {
		other := message.NewWorker(q.worker.Parts)
		ctx, stop := context.WithCancel(q.Context())
		done := make(chan error, 1)
		go func() { done <- other.Run(ctx) }()
		q.start()
		for range 50 {
			o := message.ToMail(message.EmailChanged, "u1", "ada@example.org")
			if err := q.store.QueueMessages(q.Context(), clock.System(), o); err != nil {
				t.Fatal(err)
			}
			other.Nudge()
			q.worker.Nudge()
		}
		q.pass(5 * time.Second)
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: got %v, want nil", err)
		}
		if n := len(q.mail.Sendings()); n != 50 {
			t.Errorf("OT-10 sends: got %d, want 50, each once", n)
		}
	})
}

func TestAU03NoSecretInLogsAndReasons(t *testing.T) {
	run(t, func(q *quay) {
		o := codeMail(5 * time.Minute)
		o.Link, o.Token = "https://auth.example/x#token=spv_canarytoken", "spv_canarytoken"
		o.Data = map[string]string{"ip": "canary-data"}
		q.mail.Answer = func(_ context.Context, o message.Queued) (string, error) {
			switch len(q.mail.Sendings()) {
			case 1:
				return "", fmt.Errorf("451 cannot take %q for %s (%s, %s)\r\nnext", o.Link, o.To, o.Code, o.Token)
			case 2:
				panic(o)
			default:
				return "", message.Refused("smtp_550", fmt.Errorf("%+v %#v", o, message.Rendered{Text: o.Code}))
			}
		}
		q.start()
		q.queue(o)
		q.pass(time.Minute)
		q.wantResults("retry retry dead")
		all := q.log.String() + q.wantIn(message.StateDead, 1)[0].Reason
		for _, canary := range []string{"493017", "canarytoken", "canary-data", "ada@example.org"} {
			if strings.Contains(all, canary) {
				t.Errorf("found %q in %s", canary, all)
			}
		}
	})
}
