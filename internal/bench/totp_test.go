package bench_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/proof"
)

// BenchmarkTOTP verifies codes of authenticator apps: the try is counted in a
// transaction, the code compared, its step spent in a second one, the counter
// cleared in a third. Each worker has people of its own, because a code works
// once.
func BenchmarkTOTP(b *testing.B) {
	for _, workers := range []int{1, 8} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			engines(b, func(b *testing.B, databaseURL string) { verifyTOTP(b, databaseURL, workers) })
		})
	}
}

// peopleEach is how many people answer between two turns of the clock.
const peopleEach = 32

// owner is a person with an app.
type owner struct {
	account.User
	secret []byte
}

func verifyTOTP(b *testing.B, databaseURL string, workers int) {
	at := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	cfg, err := config.Load([]string{
		"DATABASE_URL=" + databaseURL, "METRICS_ADDR=", "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8",
	}, "")
	must(b, err)
	a, err := app.Open(b.Context(), cfg, app.Options{Version: "bench", Clock: at.Now})
	must(b, err)
	b.Cleanup(func() { _ = a.Close() })
	people := make([][]owner, workers)
	for w := range people {
		for i := range peopleEach {
			people[w] = append(people[w], newOwner(b, a, fmt.Sprintf("user%d-%d@example.org", w, i), at.Now()))
		}
	}
	took := make([][]time.Duration, workers)
	before := used(b)
	b.ResetTimer()
	for done := 0; done < b.N; done += workers * peopleEach {
		at.Advance(totp.Step)
		var round sync.WaitGroup
		for w := range workers {
			round.Go(func() {
				for _, u := range people[w] {
					began := clock.System()
					answer(b, a, u, at.Now())
					took[w] = append(took[w], clock.System().Sub(began))
				}
			})
		}
		round.Wait()
	}
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	n := float64(len(all))
	b.ReportMetric(float64((used(b)-before).Nanoseconds())/1e3/n, "cpu-µs/op")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1e3, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1e3, "p99-ms")
	b.ReportMetric(n/b.Elapsed().Seconds(), "codes/s")
}

func answer(b *testing.B, a *app.App, u owner, now time.Time) {
	code, err := totp.Code(u.secret, now.Unix()/30)
	if err != nil {
		b.Error(err)
		return
	}
	if _, err := a.SignIn.ProvePending(context.Background(), u.User, factor.Subject{UserID: u.ID}, proof.TOTP, code); err != nil {
		b.Errorf("verify: got %v, want a proof", err)
	}
}

// newOwner stores a person with a confirmed app.
func newOwner(b *testing.B, a *app.App, email string, now time.Time) owner {
	b.Helper()
	address, err := account.ParseAddress(email)
	must(b, err)
	u := owner{account.NewUser(address, "", account.Member, "", now), totp.Factor{}.NewSecret()}
	trail := audit.Of(audit.New(b.Context(), now, audit.UserCreated, audit.Success, u.ID))
	must(b, a.Store.CreateUser(b.Context(), u.User, nil, trail))
	id := ident.New()
	must(b, a.Store.BeginEnrolment(b.Context(), factor.Enrolment{
		ID: id, UserID: u.ID, Method: proof.TOTP, Secret: u.secret, ExpiresAt: now.Add(time.Hour), CreatedAt: now,
	}, audit.Trail{}))
	_, err = a.Store.ConfirmEnrolment(b.Context(), factor.Confirmation{ID: id, UserID: u.ID, At: now}, audit.Trail{})
	must(b, err)
	return u
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
