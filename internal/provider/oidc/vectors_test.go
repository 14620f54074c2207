package oidc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/provider/oidc"
	"github.com/sallyport/sallyport/internal/vectortest"
)

// jwsGroup is a key, or a set of keys, and tokens for it.
type jwsGroup struct {
	Comment string          `json:"comment"`
	Public  json.RawMessage `json:"public"`
	Private json.RawMessage `json:"private"`
	Tests   []struct {
		vectortest.Vector
		JWS text `json:"jws"`
		JWE text `json:"jwe"`
	} `json:"tests"`
}

// text is a string, or the JSON text of anything else.
type text string

func (s *text) UnmarshalJSON(b []byte) error {
	*s = text(b)
	if b[0] == '"' {
		return json.Unmarshal(b, (*string)(s))
	}
	return nil
}

// published is the key set of a provider that has the group's key: the public
// half, or a secret key where there is no public one.
func (g jwsGroup) published() []byte {
	keys := g.Public
	if keys == nil {
		keys = g.Private
	}
	if bytes.Contains(keys, []byte(`"keys"`)) {
		return keys
	}
	return []byte(`{"keys":[` + string(keys) + `]}`)
}

// answer is a transport that answers every request with these bytes.
type answer []byte

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(a)), Request: r,
	}, nil
}

// verify verifies a token as a provider's ID token is, with that key set.
func verify(t *testing.T, keys []byte, raw string) ([]byte, error) {
	t.Helper()
	payload, err := oidc.VerifySignature(t.Context(), &http.Client{Transport: answer(keys)}, start, raw)
	if err != nil && !errors.Is(err, provider.ErrRejected) {
		t.Errorf("%.80s: got %v, want it rejected or accepted", raw, err)
	}
	return payload, err
}

// algorithmOf reads the header of a token; "" where there is none to read.
func algorithmOf(raw string) string {
	first, _, _ := strings.Cut(raw, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	var h struct {
		Alg string `json:"alg"`
	}
	if err != nil || json.Unmarshal(text, &h) != nil {
		return ""
	}
	return h.Alg
}

// outsidePolicy is why a good token is refused here (OA-04).
func outsidePolicy(raw string) string {
	if alg := algorithmOf(raw); alg != "RS256" && alg != "ES256" {
		return "an algorithm that is neither RS256 nor ES256 (OA-04)"
	}
	return ""
}

func TestWycheproof(t *testing.T) {
	for _, set := range []string{"json_web_signature", "json_web_key", "json_web_crypto"} {
		t.Run("OA-04 "+set, func(t *testing.T) {
			tally := vectortest.Tally{Set: set, Code: "provider/oidc: fetch the keys, verify"}
			groups, count := vectortest.Load[jwsGroup](t, set)
			for _, g := range groups {
				for _, v := range g.Tests {
					if v.JWE != "" {
						tally.Pass("encrypted; we take signed tokens only")
						continue
					}
					_, err := verify(t, g.published(), string(v.JWS))
					tally.Judge(t, v.Vector, outsidePolicy(string(v.JWS)), err == nil)
				}
			}
			tally.Done(t, count)
		})
	}
}
