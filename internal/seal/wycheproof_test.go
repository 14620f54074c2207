package seal_test

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/vectortest"
)

func TestWycheproofSealing(t *testing.T) {
	tally := vectortest.Tally{Set: "aes_gcm", Code: "seal: open"}
	groups, count := vectortest.Load[struct {
		Nonce int `json:"ivSize"`
		Key   int `json:"keySize"`
		Tag   int `json:"tagSize"`
		Tests []struct {
			vectortest.Vector
			Key   vectortest.Hex `json:"key"`
			Nonce vectortest.Hex `json:"iv"`
			AAD   vectortest.Hex `json:"aad"`
			Msg   vectortest.Hex `json:"msg"`
			CT    vectortest.Hex `json:"ct"`
			Tag   vectortest.Hex `json:"tag"`
		} `json:"tests"`
	}](t, "aes_gcm")
	for _, g := range groups {
		for _, v := range g.Tests {
			switch {
			case g.Key != 256:
				tally.Pass("a key of another size than 256 bits")
				continue
			case g.Nonce != 96 || g.Tag != 128:
				tally.Pass("a nonce of another size than 96 bits")
				continue
			}
			got, err := seal.OpenWith(v.Key, slices.Concat(v.Nonce, v.CT, v.Tag), v.AAD)
			tally.Judge(t, v.Vector, "", err == nil && bytes.Equal(got, v.Msg))
		}
	}
	tally.Done(t, count)
}

// TestWycheproofDerivation holds the first 32 bytes of each output, which is what
// we derive, to the set.
func TestWycheproofDerivation(t *testing.T) {
	tally := vectortest.Tally{Set: "hkdf_sha256", Code: "seal: derive a key", NothingToRefuse: true}
	groups, count := vectortest.Load[struct {
		Tests []struct {
			vectortest.Vector
			IKM  vectortest.Hex `json:"ikm"`
			Salt vectortest.Hex `json:"salt"`
			Info vectortest.Hex `json:"info"`
			OKM  vectortest.Hex `json:"okm"`
		} `json:"tests"`
	}](t, "hkdf_sha256")
	for _, g := range groups {
		for _, v := range g.Tests {
			if v.Result == "invalid" {
				tally.Pass("an output of more than 255 blocks; ours is one")
				continue
			}
			tally.Judge(t, v.Vector, "", derives(t, v.IKM, v.Salt, v.Info, v.OKM))
		}
	}
	tally.Done(t, count)
}

// derives compares as many bytes as both have: of one secret, salt and purpose
// a shorter output begins a longer one.
func derives(t *testing.T, ikm, salt, info, okm []byte) bool {
	t.Helper()
	got, err := seal.Derive(string(ikm), string(salt), string(info))
	if err != nil {
		t.Fatal(err)
	}
	n := min(len(got), len(okm))
	return n > 0 && bytes.Equal(got[:n], okm[:n])
}

func TestWycheproofMAC(t *testing.T) {
	tally := vectortest.Tally{Set: "hmac_sha256", Code: "seal: MAC"}
	all, count := vectortest.LoadMACs(t, tally.Set, 256)
	for _, v := range all {
		tally.Judge(t, v.Vector, v.Rule, hmac.Equal(seal.HMAC(v.Key, v.Msg), v.Tag))
	}
	tally.Done(t, count)
}

// TestRFC5869 holds derivation to the three examples with SHA-256 of RFC 5869
// appendix A.
func TestRFC5869(t *testing.T) {
	for _, tc := range []struct{ name, ikm, salt, info, okm string }{
		{
			"A.1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
			"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
		},
		{
			"A.2", series(0x00, 0x4f), series(0x60, 0xaf), series(0xb0, 0xff),
			"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09" +
				"da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
		},
		{
			"A.3", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
			"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
		},
	} {
		t.Run("OP-02 RFC 5869 "+tc.name, func(t *testing.T) {
			if !derives(t, unhex(t, tc.ikm), unhex(t, tc.salt), unhex(t, tc.info), unhex(t, tc.okm)) {
				t.Error("got another key, want the one of the RFC")
			}
		})
	}
}

// series is the bytes from first to last in hexadecimal digits.
func series(first, last int) string {
	var out []byte
	for b := first; b <= last; b++ {
		out = append(out, byte(b))
	}
	return hex.EncodeToString(out)
}

func unhex(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
