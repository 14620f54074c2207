package netaddr_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/sallyport/sallyport/internal/netaddr"
)

func resolver(t testing.TB, trusted string, v6bits int) *netaddr.Resolver {
	t.Helper()
	prefixes, err := netaddr.ParseTrusted(trusted)
	if err != nil {
		t.Fatalf("ParseTrusted(%q): %v", trusted, err)
	}
	r, err := netaddr.New(prefixes, v6bits)
	if err != nil {
		t.Fatalf("New(%q, %d): %v", trusted, v6bits, err)
	}
	return r
}

func request(peer string, forwarded ...string) *http.Request {
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.RemoteAddr = peer
	for _, line := range forwarded {
		req.Header.Add("X-Forwarded-For", line)
	}
	return req
}

func TestClient(t *testing.T) {
	const proxies = "10.0.0.0/8, 192.168.1.1, 2001:db8:ffff::/48"
	cases := []struct {
		name      string
		trusted   string
		peer      string
		forwarded []string
		want      string
	}{
		{"RL-08 no trusted proxy: header ignored", "", "10.0.0.1:1", []string{"203.0.113.9"}, "10.0.0.1"},
		{"RL-08 peer outside the list: header ignored", proxies, "203.0.113.1:1", []string{"198.51.100.1"}, "203.0.113.1"},
		{"RL-08 trusted peer, no header", proxies, "10.0.0.1:1", nil, "10.0.0.1"},
		{"RL-08 trusted peer, one hop", proxies, "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"RL-08 right-most untrusted hop, not the first", proxies, "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9"},
		{"RL-08 trusted hops are skipped", proxies, "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9, 192.168.1.1,10.9.9.9"}, "203.0.113.9"},
		{"RL-08 several headers are one list in order", proxies, "10.0.0.1:1", []string{"1.1.1.1", "203.0.113.9", "10.2.2.2"}, "203.0.113.9"},
		{"RL-08 a client's own header stands left of the proxy's", proxies, "10.0.0.1:1", []string{"10.7.7.7", "203.0.113.9"}, "203.0.113.9"},
		{"RL-08 all hops trusted: the farthest", proxies, "10.0.0.1:1", []string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3"},
		{"RL-08 garbage as last hop: the peer", proxies, "10.0.0.1:1", []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		{"RL-08 garbage behind a trusted hop: the peer", proxies, "10.0.0.1:1", []string{"<script>, 10.2.2.2"}, "10.0.0.1"},
		{"RL-08 garbage left of the client does not matter", proxies, "10.0.0.1:1", []string{"%%%, ,, 203.0.113.9"}, "203.0.113.9"},
		{"RL-08 empty elements do not count", proxies, "10.0.0.1:1", []string{"203.0.113.9, , ", ""}, "203.0.113.9"},
		{"RL-08 only empty elements: the peer", proxies, "10.0.0.1:1", []string{" , ,", ""}, "10.0.0.1"},
		{"RL-08 hop with port", proxies, "10.0.0.1:1", []string{"203.0.113.9:5555"}, "203.0.113.9"},
		{"RL-08 IPv6 hop in brackets with port", proxies, "10.0.0.1:1", []string{"[2001:db8::7]:5555"}, "2001:db8::7"},
		{"RL-08 IPv6 hop in brackets", proxies, "10.0.0.1:1", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"RL-08 IPv4 in brackets is garbage", proxies, "10.0.0.1:1", []string{"[203.0.113.9]"}, "10.0.0.1"},
		{"RL-08 name instead of address is garbage", proxies, "10.0.0.1:1", []string{"client.example"}, "10.0.0.1"},
		{"RL-08 leading zeros are garbage", proxies, "10.0.0.1:1", []string{"203.0.113.09"}, "10.0.0.1"},
		{"RL-08 IPv6 proxy", proxies, "[2001:db8:ffff::5]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"RL-08 IPv4-mapped peer matches an IPv4 prefix", proxies, "[::ffff:10.0.0.1]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"RL-08 mapped prefix in the list means IPv4", "::ffff:10.0.0.0/104", "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"RL-07 ::ffff:a.b.c.d as peer is IPv4", "", "[::ffff:203.0.113.9]:1", nil, "203.0.113.9"},
		{"RL-07 ::ffff:a.b.c.d as hop is IPv4", proxies, "10.0.0.1:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"RL-07 zone of the peer is dropped", "", "[fe80::1%eth0]:1", nil, "fe80::1"},
		{"RL-07 zone of a hop is dropped", proxies, "10.0.0.1:1", []string{"fe80::1%x"}, "fe80::1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := resolver(t, c.trusted, 64).Client(request(c.peer, c.forwarded...))
			if got != netip.MustParseAddr(c.want) {
				t.Errorf("Client(peer %s, X-Forwarded-For %q) = %v, want %v", c.peer, c.forwarded, got, c.want)
			}
		})
	}
}

func TestOtherHeadersAreIgnored(t *testing.T) {
	r := resolver(t, "10.0.0.0/8", 64)
	for _, name := range []string{"Forwarded", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip"} {
		t.Run("RL-08 "+name, func(t *testing.T) {
			req := request("10.0.0.1:1")
			req.Header.Set(name, "203.0.113.9")
			if name == "Forwarded" {
				req.Header.Set(name, "for=203.0.113.9")
			}
			if got, want := r.Client(req), netip.MustParseAddr("10.0.0.1"); got != want {
				t.Errorf("Client with %s = %v, want the peer %v", name, got, want)
			}
		})
	}
}

func TestUnreadablePeer(t *testing.T) {
	r := resolver(t, "10.0.0.0/8", 64)
	for _, peer := range []string{"", "@", "pipe"} {
		got := r.Client(request(peer, "203.0.113.9"))
		if got.IsValid() {
			t.Errorf("Client(peer %q) = %v, want the zero address", peer, got)
		}
		if key := r.Key(got); key != "unknown" {
			t.Errorf("Key(%v) = %q, want %q", got, key, "unknown")
		}
	}
}

func TestKey(t *testing.T) {
	cases := []struct {
		name string
		bits int
		addr string
		want string
	}{
		{"RL-07 IPv4 as it is", 64, "203.0.113.9", "203.0.113.9"},
		{"RL-07 mapped IPv4 is IPv4", 64, "::ffff:203.0.113.9", "203.0.113.9"},
		{"RL-07 IPv6 by its /64", 64, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"RL-07 another address of the same /64", 64, "2001:db8:1:2::1", "2001:db8:1:2::/64"},
		{"RL-07 the next /64 is another key", 64, "2001:db8:1:3::1", "2001:db8:1:3::/64"},
		{"RL-07 /48", 48, "2001:db8:1:2::1", "2001:db8:1::/48"},
		{"RL-07 /56", 56, "2001:db8:1:2ff::1", "2001:db8:1:200::/56"},
		{"RL-07 /128", 128, "2001:db8:1:2::1", "2001:db8:1:2::1/128"},
		{"RL-07 zone does not make another key", 64, "fe80::1%eth0", "fe80::/64"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := resolver(t, "", c.bits).Key(netip.MustParseAddr(c.addr)); got != c.want {
				t.Errorf("Key(%s) with /%d = %q, want %q", c.addr, c.bits, got, c.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for _, bits := range []int{-1, 0, 47, 129} {
		if _, err := netaddr.New(nil, bits); err == nil {
			t.Errorf("RL-07 New with /%d: got no error, want one", bits)
		}
	}
	if _, err := netaddr.New([]netip.Prefix{{}}, 64); err == nil {
		t.Error("New with an invalid prefix: got no error, want one")
	}
}

func TestParseTrusted(t *testing.T) {
	got, err := netaddr.ParseTrusted(" 10.1.2.3/8,192.168.1.1\n2001:db8::1/32 ::ffff:172.16.0.1 ")
	if err != nil {
		t.Fatalf("ParseTrusted: %v", err)
	}
	want := []string{"10.0.0.0/8", "192.168.1.1/32", "2001:db8::/32", "172.16.0.1/32"}
	if len(got) != len(want) {
		t.Fatalf("ParseTrusted = %v, want %v", got, want)
	}
	for i := range want {
		if got[i].String() != want[i] {
			t.Errorf("ParseTrusted[%d] = %v, want %v", i, got[i], want[i])
		}
	}
	for _, bad := range []string{"proxy.example", "10.0.0.0/33", "10.0.0.0/", "*", "300.1.1.1"} {
		if p, err := netaddr.ParseTrusted(bad); err == nil {
			t.Errorf("ParseTrusted(%q) = %v, want an error", bad, p)
		}
	}
}
