package journey_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestTwoNodesOverTLS is TestTwoNodes as deploy/compose.yaml has it: PostgreSQL
// and Redis take TLS only, with certificates of deploy/certificates.sh.
func TestTwoNodesOverTLS(t *testing.T) {
	certificates := testbed.NewCertificates(t)
	database, redis := testbed.SecurePostgres(t, certificates), testbed.SecureRedis(t, certificates)
	settings := []string{"REDIS_URL=" + redis.URL(), "REDIS_TLS_CA_FILE=" + certificates.CA, "RATE_LOGIN_ACCOUNT=4/1h"}
	one := start(t, database.URL(), settings...)
	two := start(t, database.URL(), append(settings, "PUBLIC_URL="+one.url)...)
	const email = "ada@example.org"
	one.member(t, email)
	access := one.login(t, email).text("access_token")

	t.Run("TK-11 a session that ends on one node closes its sockets on the other", func(t *testing.T) {
		ws := two.socket(t, access)
		frame(t, ws, "welcome")
		began := clock.System()
		one.want(t, 204, "POST", "/api/v1/auth/logout", access, nil)
		wantClose(t, ws, 4001)
		if took := clock.System().Sub(began); took > time.Second {
			t.Errorf("got %v, want the instant: the bus does not carry it", took)
		}
	})
	t.Run("RL-11 limits hold across the nodes", func(t *testing.T) {
		wrong := map[string]any{"email": "nobody@example.org", "password": "not the right one"}
		var got []int
		for i := range 5 {
			got = append(got, []*server{one, two}[i%2].call(t, "POST", "/api/v1/auth/login", "", wrong).status)
		}
		if got[3] != http.StatusUnauthorized || got[4] != http.StatusTooManyRequests {
			t.Errorf("got %v on two nodes, want four tries in all", got)
		}
	})
}
