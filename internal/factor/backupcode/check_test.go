package backupcode_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/backupcode"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
)

// give gives a person an authenticator app, and backup codes beside it.
func give(t *testing.T, r *apptest.Rig, u account.User) (codes []string) {
	t.Helper()
	now := r.Clock.Now()
	err := r.Store.BeginEnrolment(r.Ctx(), factor.Enrolment{
		ID: u.ID, UserID: u.ID, Method: proof.TOTP, Secret: make([]byte, 20), ExpiresAt: now.Add(time.Minute), CreatedAt: now,
	}, audit.Trail{})
	if err != nil {
		t.Fatal(err)
	}
	if touched, err := r.Store.ConfirmEnrolment(r.Ctx(), factor.Confirmation{ID: u.ID, UserID: u.ID, At: now}, audit.Trail{}); err != nil || !touched {
		t.Fatalf("confirm: got %v, %v, want it confirmed", touched, err)
	}
	if codes, err = r.Enrolment.NewBackupCodes(r.Ctx(), u, ""); err != nil {
		t.Fatal(err)
	}
	r.Mails(t)
	return codes
}

// refused checks that an answer proved nothing, for that reason.
func refused(t *testing.T, what string, p proof.Proof, err error, reason string) {
	t.Helper()
	var w factor.Wrong
	if !errors.Is(err, factor.ErrWrong) || !errors.As(err, &w) || w.Reason != reason || p != (proof.Proof{}) {
		t.Errorf("%s: got %+v, %v, want no proof, reason %s", what, p, err, reason)
	}
}

func TestCheckOnTheStore(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		ada, bob := r.Member(t, "ada@example.org"), r.Member(t, "bob@example.org")
		codes, foreign := give(t, r, ada), give(t, r, bob)
		check := func(code string) (proof.Proof, error) {
			return r.SignIn.Factors[proof.BackupCode].Check(r.Ctx(), factor.Subject{UserID: ada.ID}, code)
		}
		t.Run("BC-02 kept as a salted password hash", func(t *testing.T) {
			hashes := map[string]bool{}
			for _, code := range codes {
				id, secret, err := backupcode.Read(code)
				if err != nil {
					t.Fatal(err)
				}
				row, err := r.Store.BackupCode(r.Ctx(), ada.ID, id)
				if err != nil || !strings.HasPrefix(row.Hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(row.Hash, secret) {
					t.Fatalf("got %.40s…, %v, want argon2id", row.Hash, err)
				}
				salt := strings.Split(row.Hash, "$")[4]
				if len(salt) < 22 || hashes[salt] {
					t.Errorf("got salt %s, seen before %v, want 128 fresh bits", salt, hashes[salt])
				}
				hashes[salt] = true
			}
		})
		t.Run("BC-03 a code works once", func(t *testing.T) {
			got, err := check(strings.ToLower(codes[0]))
			if err != nil || got.Method != proof.BackupCode || got.Ref == "" {
				t.Fatalf("got %+v, %v, want a proof", got, err)
			}
			got, err = check(codes[0])
			refused(t, "again", got, err, "replayed")
		})
		t.Run("BC-03 of many at once one is accepted", func(t *testing.T) {
			var accepted atomic.Int64
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if got, err := check(codes[1]); err == nil {
						accepted.Add(1)
					} else if fault.Of(err) != fault.CodeBusy { // a slow machine turns some away before they are compared
						refused(t, "a slower one", got, err, "replayed")
					}
				})
			}
			wg.Wait()
			if got := accepted.Load(); got != 1 {
				t.Errorf("got %d accepted, want 1", got)
			}
		})
		t.Run("BC-05 another person's code", func(t *testing.T) {
			got, err := check(foreign[0])
			refused(t, "it", got, err, "wrong_code")
		})
		t.Run("BC-01 the right id with another secret", func(t *testing.T) {
			got, err := check(codes[2][:2] + codes[3][2:])
			refused(t, "it", got, err, "wrong_code")
		})
		t.Run("BC-06 new codes kill the old", func(t *testing.T) {
			fresh, err := r.Enrolment.NewBackupCodes(r.Ctx(), ada, "")
			if err != nil || len(fresh) != 10 || slices.Contains(fresh, codes[4]) {
				t.Fatalf("got %d codes, %v, want 10 others", len(fresh), err)
			}
			got, err := check(codes[4])
			refused(t, "an old one", got, err, "wrong_code")
			codes = fresh
			r.Mails(t)
		})
		t.Run("BC-06 a mail warns from the third-last on", func(t *testing.T) {
			for left := 9; left >= 0; left-- {
				if _, err := check(codes[left]); err != nil {
					t.Fatalf("with %d left: got %v, want a proof", left+1, err)
				}
				var told []string
				for _, m := range r.Mails(t) {
					if m.Kind == message.BackupCodesLow {
						told = append(told, m.Data["left"])
					}
				}
				want := []string(nil)
				if left <= 3 {
					want = []string{string(rune('0' + left))}
				}
				if !slices.Equal(told, want) {
					t.Errorf("%d left: got warnings %v, want %v", left, told, want)
				}
			}
		})
	})
}

// TestThrottle is somebody who knows the password and guesses backup codes.
func TestThrottle(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, "ada@example.org")
		codes := give(t, r, u)
		prove := func(code string) error {
			t.Helper()
			o, err := r.SignIn.Password(r.Ctx(), u.Email, apptest.Password, session.InBody)
			if err != nil || o.Action != signin.Ask {
				t.Fatalf("got %+v, %v, want a sign-in that waits", o, err)
			}
			a, err := r.SignIn.Find(r.Ctx(), o.Attempt)
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.SignIn.Prove(r.Ctx(), a, proof.BackupCode, code)
			return err
		}
		for i := range 5 {
			want, code := fault.CodeInvalidCode, "00-00000-0000-0000"
			if i%2 == 1 {
				want, code = fault.CodeInvalidRequest, "no code"
			}
			if err := prove(code); fault.Of(err) != want {
				t.Fatalf("BC-04 guess %d: got %v, want %s", i+1, err, want)
			}
		}
		if err := prove(codes[0]); fault.Of(err) != fault.CodeRateLimited {
			t.Errorf("BC-04 the right code after five guesses over five sign-ins: got %v, want %s", err, fault.CodeRateLimited)
		}
		r.Clock.Advance(31 * time.Second)
		if err := prove(codes[0]); err != nil {
			t.Errorf("BC-04 after its rest: got %v, want a session, and the code unspent until now", err)
		}
	})
}

// shelf is a store of one code that fails at one of its calls.
type shelf struct {
	find, left, use error
	untouched       bool
}

func (s shelf) BackupCode(context.Context, string, string) (factor.BackupCode, error) {
	return factor.BackupCode{ID: "1", CodeID: "7K", Hash: "hash of 4F9Q2M8RTWX20"}, s.find
}
func (s shelf) BackupCodesLeft(context.Context, string) (int, error) { return 3, s.left }
func (s shelf) UseBackupCode(context.Context, string, string, time.Time, audit.Trail) (bool, error) {
	return !s.untouched, s.use
}

func nothingLow(context.Context, string, int) (audit.Trail, error) { return audit.Trail{}, nil }

func TestCheckDecidesNothingWithoutItsNeeds(t *testing.T) {
	away := errors.New("away")
	for name, f := range map[string]backupcode.Factor{
		"as it looks the code up": {Store: shelf{find: away}, Hasher: cheap{}, Low: nothingLow},
		"as it counts":            {Store: shelf{left: away}, Hasher: cheap{}, Low: nothingLow},
		"as it spends the code":   {Store: shelf{use: away}, Hasher: cheap{}, Low: nothingLow},
		"as it hashes":            {Store: shelf{}, Hasher: cheap{away}, Low: nothingLow},
		"as it hashes for nobody": {Store: shelf{find: fault.New(fault.CodeNotFound)}, Hasher: cheap{away}, Low: nothingLow},
		"as it warns": {Store: shelf{}, Hasher: cheap{}, Low: func(context.Context, string, int) (audit.Trail, error) {
			return audit.Trail{}, away
		}},
	} {
		f.Clock = func() time.Time { return time.Unix(0, 0) }
		got, err := f.Check(t.Context(), factor.Subject{}, "7K-4F9Q2-M8RT-WX20")
		if !errors.Is(err, away) || errors.Is(err, factor.ErrWrong) || got != (proof.Proof{}) {
			t.Errorf("OP-09 %s: got %+v, %v, want %v and no proof", name, got, err, away)
		}
	}
	f := backupcode.Factor{Store: shelf{untouched: true}, Hasher: cheap{}, Clock: func() time.Time { return time.Unix(0, 0) }, Low: nothingLow}
	got, err := f.Check(t.Context(), factor.Subject{}, "7K-4F9Q2-M8RT-WX20")
	refused(t, "BC-03 another was faster", got, err, "replayed")
	if got := f.Method(); got != proof.BackupCode {
		t.Errorf("got %s, want %s", got, proof.BackupCode)
	}
}
