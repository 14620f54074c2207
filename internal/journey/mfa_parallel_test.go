package journey_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/testbed"
)

// everyNode runs a test on one node with SQLite, and on two with one PostgreSQL.
func everyNode(t *testing.T, f func(t *testing.T, all []*server)) {
	engines(t, func(t *testing.T, databaseURL string) {
		more := append([]string{"RATE_MFA_IP=1000000/1m"}, generous...)
		all := []*server{start(t, databaseURL, more...)}
		if strings.HasPrefix(databaseURL, "postgres") {
			all = append(all, start(t, databaseURL, more...))
		}
		f(t, all)
	})
}

// atOnce posts the same body n times at once, spread over the nodes, and counts
// the answers by status.
func atOnce(t *testing.T, all []*server, n int, path, bearer string, body any) map[int]int {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var wait sync.WaitGroup
	got, begin := map[int]int{}, make(chan struct{})
	for i := range n {
		wait.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), "POST", all[i%len(all)].url+path, bytes.NewReader(raw))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+bearer)
			<-begin
			res, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			_ = res.Body.Close()
			mu.Lock()
			got[res.StatusCode]++
			mu.Unlock()
		})
	}
	close(begin)
	wait.Wait()
	return got
}

// allFactors is a user who has every kind of second factor.
type allFactors struct {
	*server
	email, secret string
	access        string
	backup        []any
	phone, mail   *codes
}

func everyFactor(t *testing.T, s *server) *allFactors {
	t.Helper()
	u := &allFactors{server: s, email: "ada@example.org"}
	u.phone, u.mail = &codes{s: s, to: "+447400123456"}, &codes{s: s, to: u.email}
	s.member(t, u.email)
	done := s.withPhone(t, s.login(t, u.email).text("access_token"), u.phone)
	u.access = done.text("access_token")
	u.backup, _ = done.body["backup_codes"].([]any)
	s.want(t, 202, "POST", "/api/v1/mfa/email/send", u.access, nil)
	s.want(t, 200, "POST", "/api/v1/mfa/email/verify", u.access, map[string]any{"code": u.mail.next(t)})
	u.secret = s.want(t, 200, "POST", "/api/v1/mfa/totp/setup", u.access, nil).text("secret")
	s.want(t, 200, "POST", "/api/v1/mfa/totp/verify-setup", u.access, map[string]any{"code": testbed.Oathtool(t, u.secret, time.Now().Add(-30*time.Second))})
	return u
}

// code makes a right code of that kind for the holder of token.
func (u *allFactors) code(t *testing.T, kind, token string) any {
	t.Helper()
	switch kind {
	case "totp":
		return testbed.Oathtool(t, u.secret, time.Now())
	case "backup-codes":
		u.backup = u.backup[1:]
		return u.backup[0]
	default:
		u.want(t, 202, "POST", "/api/v1/mfa/"+kind+"/send", token, nil)
		return map[string]*codes{"sms": u.phone, "email": u.mail}[kind].next(t)
	}
}

// TestParallelAnswers answers one code 64 times at once, for every kind of
// factor, on one node and on two: exactly one sign-in comes of it.
func TestParallelAnswers(t *testing.T) {
	everyNode(t, func(t *testing.T, all []*server) {
		u := everyFactor(t, all[0])
		for _, kind := range []string{"totp", "backup-codes", "sms", "email"} {
			token := u.login(t, u.email).text("mfa_token")
			got := atOnce(t, all, 64, "/api/v1/mfa/"+kind+"/verify", token, map[string]any{"code": u.code(t, kind, token)})
			if got[200] != 1 {
				t.Errorf("%s: got %v, want one 200 of 64", kind, got)
			}
		}
	})
}

// TestParallelGuesses shows RL-04: of 200 wrong codes at once exactly five are
// compared, whatever the factor; the rest is refused unevaluated.
func TestParallelGuesses(t *testing.T) {
	wrong := map[string]string{"totp": "000000", "backup-codes": "00-00000-0000-0000", "sms": "000000", "email": "000000"}
	everyNode(t, func(t *testing.T, all []*server) {
		u := everyFactor(t, all[0])
		id := u.want(t, 200, "GET", "/api/v1/me", u.access, nil).text("id")
		for _, kind := range []string{"totp", "backup-codes", "sms", "email"} {
			if kind == "sms" || kind == "email" {
				u.code(t, kind, u.access)
			}
			got := atOnce(t, all[:1], 200, "/api/v1/mfa/"+kind+"/verify", u.access, map[string]any{"code": wrong[kind]})
			// A machine under load may turn a try away after it was counted (503).
			if got[401] > 5 || got[401]+got[503] < 5 || got[401]+got[429]+got[503] != 200 {
				t.Errorf("RL-04 %s: got %v, want 5 times 401 and 195 times 429", kind, got)
			}
			factor := strings.Replace(kind, "backup-codes", "backup_code", 1)
			if n := u.compared(t, id, factor); n != got[401] {
				t.Errorf("RL-04 %s: got %d compared in the audit log, want %d", kind, n, got[401])
			}
		}
	})
}

// compared counts the wrong answers of a factor in the audit log.
func (s *server) compared(t *testing.T, userID, factor string) (n int) {
	t.Helper()
	page, err := s.Store.AuditPage(t.Context(), userID, "", 2000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page {
		if r.Event.Name == audit.FactorFail && r.Event.Factor == factor {
			n++
		}
	}
	return n
}
