package token_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/token"
)

// Keys and tokens of RFC 7515 appendix A.2 and A.3 and RFC 8037 appendix A.
const (
	rfc7515A2Key = `{"kty":"RSA",
"n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
"e":"AQAB",
"d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ",
"p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
"q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
"dp":"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",
"dq":"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",
"qi":"IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U"}`
	rfc7515A2Token = "eyJhbGciOiJSUzI1NiJ9." +
		"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
		"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU" +
		"Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d" +
		"O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig" +
		"cN_IoypGlUPQGe77Rw"

	rfc7515A3Key = `{"kty":"EC","crv":"P-256",
"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`
	rfc7515A3Token = "eyJhbGciOiJFUzI1NiJ9." +
		"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

	rfc8037Key = `{"kty":"OKP","crv":"Ed25519",
"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	rfc8037Token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." +
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)

// Tokens of RFC 7515 appendix A.1, A.4 and A.5, and the key of RFC 7638 §3.1.
const (
	rfc7515A1Token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." +
		"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
		"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	rfc7515A4Key = `{"kty":"EC","crv":"P-521",
"x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
"y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}`
	rfc7515A4Token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA." +
		"AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3" +
		"xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
	rfc7515A5Token = "eyJhbGciOiJub25lIn0." +
		"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."

	rfc7638Key = `{"kty":"RSA","e":"AQAB",
"n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}`
)

// TestOtherAlgorithms refuses the examples of RFC 7515 that are signed with what
// we do not take, or not at all. Package oidc shows that the first two are good
// to a verifier that takes anything.
func TestOtherAlgorithms(t *testing.T) {
	for _, c := range []struct{ name, alg, raw string }{
		{"RFC 7515 A.1 HS256", "HS256", rfc7515A1Token},
		{"RFC 7515 A.4 ES512", "ES512", rfc7515A4Token},
		{"RFC 7515 A.5 none", "none", rfc7515A5Token},
	} {
		t.Run("TK-01 "+c.name, func(t *testing.T) {
			b := newBench(t, token.ES256)
			refused(t, b.verifier, c.raw, token.WrongTyp)
			_, payload, signature := parts(t, c.raw)
			named := b64(text(t, with(b.header(), "alg", c.alg))) + "." + payload + "." + signature
			if signature == "" {
				refused(t, b.verifier, named, token.BadEncoding)
				named += "AA"
			}
			refused(t, b.verifier, named, token.WrongAlg)
		})
	}
	t.Run("TK-01 RFC 7515 A.4 a P-521 key", func(t *testing.T) {
		var k jose.JSONWebKey
		if err := json.Unmarshal([]byte(rfc7515A4Key), &k); err != nil {
			t.Fatal(err)
		}
		signed, sig := signedPart(t, rfc7515A4Token)
		if token.FitsPublic(k.Key, signed, sig) {
			t.Error("got accepted, want no key of that curve")
		}
	})
}

// signedPart takes a token apart into what is signed and its signature.
func signedPart(t *testing.T, raw string) (string, []byte) {
	t.Helper()
	header, payload, signature := parts(t, raw)
	sig, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	return header + "." + payload, sig
}

func TestVectors(t *testing.T) {
	for _, c := range []struct{ name, key, raw string }{
		{"RFC 7515 A.2 RS256", rfc7515A2Key, rfc7515A2Token},
		{"RFC 7515 A.3 ES256", rfc7515A3Key, rfc7515A3Token},
		{"RFC 8037 A.4 EdDSA", rfc8037Key, rfc8037Token},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := vectorKey(t, c.key)
			signed, sig := signedPart(t, c.raw)
			if !token.Fits(k, signed, sig) {
				t.Error("the signature of the RFC: got refused, want accepted")
			}
			for bit := range len(sig) * 8 {
				sig[bit/8] ^= 1 << (bit % 8)
				if token.Fits(k, signed, sig) {
					t.Errorf("bit %d of the signature flipped: got accepted, want refused", bit)
				}
				sig[bit/8] ^= 1 << (bit % 8)
			}
			for name, bad := range map[string][]byte{
				"empty": nil, "cut": sig[:len(sig)-1], "a byte more": append(sig[:len(sig):len(sig)], 0),
				"zero in front": append([]byte{0}, sig...), "all zero": make([]byte, len(sig)),
			} {
				if token.Fits(k, signed, bad) {
					t.Errorf("signature %s: got accepted, want refused", name)
				}
			}
			if token.Fits(k, strings.ToUpper(signed), sig) {
				t.Error("another text: got accepted, want refused")
			}
		})
		t.Run("TK-03 "+c.name+" is no access token", func(t *testing.T) {
			b := newBench(t, token.ES256)
			b.keys.Replace([]token.Key{vectorKey(t, c.key)})
			refused(t, b.verifier, c.raw, token.WrongTyp)
		})
	}
}
