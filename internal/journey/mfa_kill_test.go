package journey_test

import (
	"bytes"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to look at what a killed program left

	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/testbed"
)

// rounds is how often the program is killed.
const rounds = 20

// TestKilledDuringEnrolment kills the program twenty times while people set
// factors up, a little later each time and every other time after somebody has,
// and looks at what is in the database: a factor with its codes, its audit row and
// its notice, or nothing of it.
func TestKilledDuringEnrolment(t *testing.T) {
	address := "127.0.0.1:" + strconv.Itoa(testbed.FreePort(t))
	p := &program{
		server: &server{url: "http://" + address}, whole: t, binary: testbed.Shipped(t), folder: t.TempDir(), errs: &bytes.Buffer{},
		environ: []string{
			"LISTEN_ADDR=" + address, "PUBLIC_URL=http://" + address, "METRICS_ADDR=", "EMAIL_VERIFICATION=optional",
			"RATE_LOGIN_IP=100000/1m", "RATE_REGISTER_IP=100000/1m", "RATE_MFA_IP=100000/1m",
		},
	}
	var confirmed atomic.Int64
	for round := range rounds {
		p.serve(t)
		var people sync.WaitGroup
		ready, some := make(chan struct{}, 3), make(chan struct{}, 1)
		for i := range 3 {
			people.Go(func() {
				k := &killable{p.url}
				email := fmt.Sprintf("user%d-%d@example.org", round, i)
				access := k.signUp(email)
				ready <- struct{}{}
				for n := 0; k.enrol(access, n); n++ {
					confirmed.Add(1)
					select {
					case some <- struct{}{}:
					default:
					}
				}
			})
		}
		for range 3 {
			<-ready
		}
		if round%2 == 1 {
			select {
			case <-some:
			case <-time.After(30 * time.Second):
				t.Error("nobody set a factor up within 30 s")
			}
		}
		<-time.After(time.Duration(round) * 20 * time.Millisecond)
		if err := p.end(t, syscall.SIGKILL); err == nil {
			t.Fatal("exit: got 0, want killed")
		}
		people.Wait()
		lookForHalves(t, filepath.Join(p.folder, "data", "sallyport.db"))
	}
	if confirmed.Load() == 0 {
		t.Error("no factor was set up before any kill; the test shows nothing")
	}
	t.Logf("%d factors confirmed before %d kills", confirmed.Load(), rounds)
}

// lookForHalves reads the tables as they were left.
func lookForHalves(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), `SELECT u.email,
		(SELECT COUNT(*) FROM user_mfa m WHERE m.user_id = u.id AND m.enabled),
		(SELECT COUNT(*) FROM mfa_backup_codes b WHERE b.user_id = u.id),
		(SELECT COUNT(*) FROM audit_logs a WHERE a.target_id = u.id AND a.name = 'user_factor_added' AND a.reason = ''),
		(SELECT COUNT(*) FROM outbox o WHERE o.user_id = u.id AND o.kind = 'factor_added')
		FROM users u`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var email string
		var factors, codes, events, notices int
		if err := rows.Scan(&email, &factors, &codes, &events, &notices); err != nil {
			t.Fatal(err)
		}
		if want := min(factors, 1) * 10; codes != want || events != factors || notices != factors {
			t.Errorf("%s: got %d factors, %d backup codes, %d audit rows, %d notices; want %d codes and a row and a notice each",
				email, factors, codes, events, notices, want)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// killable calls a program that may be gone at any moment; what fails answers "".
type killable struct{ base string }

func (k *killable) post(path, bearer string, body any) (out map[string]any) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil
	}
	req, err := http.NewRequest("POST", k.base+path, bytes.NewReader(raw))
	if err != nil {
		return nil
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer func() { _ = res.Body.Close() }()
	if json.NewDecoder(res.Body).Decode(&out) != nil || res.StatusCode >= 300 {
		return nil
	}
	return out
}

// signUp makes an account and signs in.
func (k *killable) signUp(email string) (access string) {
	body := map[string]any{"email": email, "password": goodPassword}
	k.post("/api/v1/auth/register", "", body)
	access, _ = k.post("/api/v1/auth/login", "", body)["access_token"].(string)
	return access
}

// enrol sets an authenticator app up; false when the program did not say so.
func (k *killable) enrol(access string, n int) bool {
	text, _ := k.post("/api/v1/mfa/totp/setup", access, map[string]any{"name": strconv.Itoa(n)})["secret"].(string)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || text == "" {
		return false
	}
	code, err := totp.Code(secret, time.Now().Unix()/30)
	if err != nil {
		return false
	}
	return k.post("/api/v1/mfa/totp/verify-setup", access, map[string]any{"code": code})["access_token"] != nil
}
