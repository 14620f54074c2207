package oidc_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// example is one of RFC 7515 appendix A or RFC 7520 section 4.
type example struct {
	RFC     string            `json:"rfc"`
	Section string            `json:"section"`
	Title   string            `json:"title"`
	Keys    []jose.JSONWebKey `json:"keys"`
	Token   string            `json:"token"`
}

// TestJOSEExamples holds the published examples to our policy: RS256 and ES256
// in compact form are accepted; none, HMAC, RSA-PSS, P-521, a detached payload
// and the JSON serialisation are not, though all but the first are good to
// another verifier.
func TestJOSEExamples(t *testing.T) {
	raw, err := os.ReadFile("testdata/jose.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Examples []example `json:"examples"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if got := len(file.Examples); got != 13 {
		t.Fatalf("got %d examples, want 13", got)
	}
	accepted := map[string]bool{"RFC 7515 A.2": true, "RFC 7515 A.3": true, "RFC 7520 4.1": true}
	for _, e := range file.Examples {
		name := e.RFC + " " + e.Section
		t.Run("OA-04 "+name+" "+e.Title, func(t *testing.T) {
			keys, err := json.Marshal(map[string]any{"keys": e.Keys})
			if err != nil {
				t.Fatal(err)
			}
			payload, err := verify(t, keys, e.Token)
			if (err == nil) != accepted[name] || accepted[name] != (len(payload) > 0) {
				t.Errorf("got %q, %v, want accepted: %v", payload, err, accepted[name])
			}
			if unsigned := name == "RFC 7515 A.5"; goodElsewhere(e) == unsigned {
				t.Errorf("to go-jose with every algorithm: got good %v, want %v", !unsigned, unsigned)
			}
		})
	}
}

// goodElsewhere verifies every signature of an example with every algorithm
// there is, so that ours refuses for its policy and not for a slip in the file.
func goodElsewhere(e example) bool {
	all := []jose.SignatureAlgorithm{jose.HS256, jose.RS256, jose.PS384, jose.ES256, jose.ES512}
	parse := jose.ParseSignedCompact
	if e.Token[0] == '{' {
		parse = jose.ParseSignedJSON
	}
	jws, err := parse(e.Token, all)
	if err != nil {
		return false
	}
	content := []byte(bilbo)
	for _, k := range e.Keys {
		_, _, _, err := jws.VerifyMulti(k.Key)
		if err != nil && jws.DetachedVerify(content, k.Key) != nil {
			return false
		}
	}
	return true
}

// bilbo is the payload of RFC 7520 section 4, which 4.5 leaves out.
const bilbo = "It\u2019s a dangerous business, Frodo, going out your door. You step onto the road, and if you don't keep your feet, " +
	"there\u2019s no knowing where you might be swept off to."
