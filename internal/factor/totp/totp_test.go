package totp_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/testbed"
)

// secret is that of both RFCs' tables.
var secret = []byte("12345678901234567890")

// TestVectors holds the codes against the published tables. Both give six or
// more digits of SHA-1, the one algorithm every app knows and so the one we use;
// of RFC 6238's eight digits the last six are the code.
func TestVectors(t *testing.T) {
	for counter, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if got, err := totp.Code(secret, int64(counter)); err != nil || got != want {
			t.Errorf("TO-02 RFC 4226 App. D, count %d: got %s, %v, want %s", counter, got, err, want)
		}
	}
	for seconds, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got, err := totp.Code(secret, seconds/30); err != nil || got != want[2:] {
			t.Errorf("TO-02 RFC 6238 App. B, %d s: got %s, %v, want %s", seconds, got, err, want[2:])
		}
	}
}

func TestAnotherImplementationAgrees(t *testing.T) {
	s := totp.Factor{}.NewSecret()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	got, err := totp.Code(s, at.Unix()/30)
	if want := testbed.Oathtool(t, totp.Encode(s), at); err != nil || got != want {
		t.Errorf("TO-02 got %s, %v, want %s as oathtool says", got, err, want)
	}
}

func TestNewSecret(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		s := totp.Factor{}.NewSecret()
		if len(s) != 20 || seen[string(s)] {
			t.Fatalf("TO-01 got %d bytes, seen %v, want 160 fresh bits", len(s), seen[string(s)])
		}
		seen[string(s)] = true
	}
}

func TestMatch(t *testing.T) {
	now := time.Unix(1_800_000_015, 0)
	step := now.Unix() / 30
	for _, tt := range []struct {
		name       string
		back       int
		code, want int64 // steps from now
		ok         bool
	}{
		{"the current step", 1, 0, 0, true},
		{"the one before", 1, -1, -1, true},
		{"two before", 1, -2, 0, false},
		{"the next", 1, 1, 0, false},
		{"the one before where none is allowed", 0, -1, 0, false},
		{"the current step where none before is allowed", 0, 0, 0, true},
	} {
		code, err := totp.Code(secret, step+tt.code)
		if err != nil {
			t.Fatal(err)
		}
		got, ok, err := totp.Factor{Back: tt.back}.Match(secret, code, now)
		if err != nil || ok != tt.ok || ok && got != step+tt.want {
			t.Errorf("TO-03 %s: got %d, %v, %v, want %v", tt.name, got-step, ok, err, tt.ok)
		}
	}
}

// table is the store of one user's apps.
type table struct {
	held  []factor.Enrolment
	steps map[string]int64
	err   error
}

func (s *table) Enrolments(context.Context, string, time.Time) ([]factor.Enrolment, error) {
	return s.held, s.err
}

func (s *table) AcceptStep(_ context.Context, _, id string, step int64, _ time.Time) (bool, error) {
	if step <= s.steps[id] {
		return false, nil
	}
	s.steps[id] = step
	return true, nil
}

func TestCheck(t *testing.T) {
	now := time.Unix(1_800_000_015, 0)
	second := []byte("09876543210987654321")
	s := &table{steps: map[string]int64{}, held: []factor.Enrolment{
		{ID: "pending", Method: proof.TOTP, Secret: []byte("99999999999999999999")},
		{ID: "one", Method: proof.TOTP, Secret: secret, Enabled: true},
		{ID: "two", Method: proof.TOTP, Secret: second, Enabled: true},
		{ID: "phone", Method: proof.SMS, Secret: []byte("88888888888888888888"), Enabled: true},
	}}
	f := totp.Factor{Store: s, Clock: func() time.Time { return now }, Back: 1}
	code := func(secret []byte, step int64) string {
		c, err := totp.Code(secret, now.Unix()/30+step)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	check := func(what, answer, wantRef, wantReason string) {
		t.Helper()
		p, err := f.Check(t.Context(), factor.Subject{UserID: "u"}, answer)
		var w factor.Wrong
		errors.As(err, &w)
		if p.Ref != wantRef || w.Reason != wantReason || wantRef != "" && err != nil {
			t.Errorf("%s: got %+v, %v, want %q %q", what, p, err, wantRef, wantReason)
		}
	}
	check("the first app", code(secret, 0), "one", "")
	check("TO-04 the same again", code(secret, 0), "", "replayed")
	check("TO-04 an older step after a newer", code(secret, -1), "", "replayed")
	check("the second app", " "+code(second, -1)+"\n", "two", "")
	check("a newer step of it", code(second, 0), "two", "")
	check("MF-07 an app that is not confirmed", code(s.held[0].Secret, 0), "", "wrong_code")
	check("another factor's secret", code(s.held[3].Secret, 0), "", "wrong_code")
	check("a wrong code", "000000", "", "wrong_code")
	s.err = errors.New("away")
	if _, err := f.Check(t.Context(), factor.Subject{}, "123456"); !errors.Is(err, s.err) {
		t.Errorf("OP-09 a database that is away: got %v, want its error", err)
	}
}

func TestShow(t *testing.T) {
	b32, address, qr, err := totp.Factor{}.Show("Acme & Co", "ada@example.org", secret)
	if err != nil || b32 != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" {
		t.Fatalf("got %q, %v, want the secret in base32", b32, err)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Acme & Co:ada@example.org" || strings.Contains(address, "+") {
		t.Errorf("got %q, %v, want an otpauth address", address, err)
	}
	if q := u.Query(); q.Get("secret") != b32 || q.Get("issuer") != "Acme & Co" || q.Get("digits") != "6" || q.Get("period") != "30" {
		t.Errorf("got %v, want secret, issuer, digits and period", q)
	}
	svg, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(qr, "data:image/svg+xml;base64,"))
	if err != nil || !strings.HasPrefix(string(svg), "<svg ") || strings.Contains(string(svg), "script") {
		t.Errorf("got %.60s, %v, want an SVG image", svg, err)
	}
}

// FuzzRead accepts six ASCII digits and nothing else.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"123456", " 123456\n", "１２３４５６", "12 3456", "+12345", "1234567", "", "12345\x00", "-12345", "1e5000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := totp.Factor{}.Read(in)
		if err != nil {
			if !errors.Is(err, factor.ErrMalformed) || got != "" {
				t.Errorf("TO-05 %q: got %q, %v, want ErrMalformed", in, got, err)
			}
			return
		}
		if len(got) != totp.Digits || strings.Trim(got, "0123456789") != "" || !strings.Contains(in, got) {
			t.Errorf("TO-05 %q: got %q, want six digits as they were typed", in, got)
		}
	})
}
