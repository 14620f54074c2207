package password_test

import (
	"crypto/hmac"
	"testing"

	"github.com/sallyport/sallyport/internal/factor/password"
	"github.com/sallyport/sallyport/internal/vectortest"
)

func TestWycheproofPepper(t *testing.T) {
	tally := vectortest.Tally{Set: "hmac_sha256", Code: "factor/password: pepper"}
	all, count := vectortest.LoadMACs(t, tally.Set, 256)
	for _, v := range all {
		if len(v.Key) < password.MinPepper {
			tally.Pass("a pepper of fewer than 32 bytes (PW-11)")
			continue
		}
		tally.Judge(t, v.Vector, v.Rule, hmac.Equal(password.Season(v.Msg, v.Key), v.Tag))
	}
	tally.Done(t, count)
}
