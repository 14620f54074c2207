package provider_test

import (
	"encoding/base64"
	"testing"

	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/vectortest"
)

func TestWycheproofDerivation(t *testing.T) {
	tally := vectortest.Tally{Set: "hmac_sha256", Code: "provider: PKCE verifier and nonce"}
	all, count := vectortest.LoadMACs(t, tally.Set, 256)
	for _, v := range all {
		got := provider.Derive(string(v.Key), string(v.Msg))
		tally.Judge(t, v.Vector, v.Rule, got == base64.RawURLEncoding.EncodeToString(v.Tag))
	}
	tally.Done(t, count)
}
