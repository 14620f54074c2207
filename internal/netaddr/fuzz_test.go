package netaddr_test

import (
	"net/netip"
	"strings"
	"testing"
)

// FuzzClient feeds arbitrary header lines: nothing panics, the answer is always
// canonical, an untrusted peer is never overruled, and the client a trusted
// proxy appended wins over everything that stood before it.
func FuzzClient(f *testing.F) {
	for _, line := range []string{"", ",", "203.0.113.9", "a, b", "[::1]:80", "[::1", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4:99999", strings.Repeat(",", 4000), "10.0.0.1,10.0.0.2", "\x00", "[]", "[]:1"} {
		f.Add(line, line)
	}
	r := resolver(f, "10.0.0.0/8", 64)
	outside, inside := "203.0.113.1", "10.0.0.1"
	f.Fuzz(func(t *testing.T, first, second string) {
		if got := r.Client(request(outside+":1", first, second)); got != netip.MustParseAddr(outside) {
			t.Fatalf("RL-08 untrusted peer: Client(%q, %q) = %v, want %v", first, second, got, outside)
		}
		got := r.Client(request(inside+":1", first, second))
		if !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Fatalf("RL-07 Client(%q, %q) = %v, want a canonical address", first, second, got)
		}
		if key := r.Key(got); len(key) > 43 || key == "unknown" {
			t.Fatalf("Key(%v) = %q, want a short key", got, key)
		}
		appended := r.Client(request(inside+":1", first, second+", 198.51.100.7"))
		if appended != netip.MustParseAddr("198.51.100.7") {
			t.Fatalf("RL-08 Client(%q, %q + proxy's hop) = %v, want the proxy's hop", first, second, appended)
		}
	})
}
