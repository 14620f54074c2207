package netaddr

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// The bounds of the IPv6 prefix length and what is taken when nothing is set.
const (
	MinV6Bits     = 48
	DefaultV6Bits = 64
	MaxV6Bits     = 128
)

// Resolver finds the client of a request. It never changes after New and is
// safe for concurrent use.
type Resolver struct {
	trusted []netip.Prefix
	v6bits  int
}

// New returns a resolver that believes X-Forwarded-For from peers within
// trusted and counts IPv6 clients by prefixes of v6bits, 48 to 128. An empty
// trusted list believes nobody.
func New(trusted []netip.Prefix, v6bits int) (*Resolver, error) {
	if v6bits < MinV6Bits || v6bits > MaxV6Bits {
		return nil, fmt.Errorf("netaddr: an IPv6 prefix length of %d is outside %d to %d", v6bits, MinV6Bits, MaxV6Bits)
	}
	r := &Resolver{v6bits: v6bits}
	for _, p := range trusted {
		if !p.IsValid() {
			return nil, fmt.Errorf("netaddr: %v is not a valid prefix", p)
		}
		r.trusted = append(r.trusted, canonicalPrefix(p))
	}
	return r, nil
}

// Client returns the address the request came from, in canonical form: never
// IPv4 inside IPv6, never with a zone. Without a trusted peer that is the peer
// itself. It is the zero Addr only if the server gave no readable peer, which
// does not happen on TCP.
func (r *Resolver) Client(req *http.Request) netip.Addr {
	peer, ok := parseHop(req.RemoteAddr)
	if !ok || !r.Trusted(peer) {
		return peer
	}
	return r.forwarded(req.Header.Values("X-Forwarded-For"), peer)
}

// Trusted reports whether addr is one of the trusted proxies.
func (r *Resolver) Trusted(addr netip.Addr) bool {
	addr = canonical(addr)
	for _, p := range r.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// Key is the text under which addr is counted: "192.0.2.7", "2001:db8::/64".
// All addresses without a readable form share the key "unknown".
func (r *Resolver) Key(addr netip.Addr) string {
	addr = canonical(addr)
	switch {
	case !addr.IsValid():
		return "unknown"
	case addr.Is4():
		return addr.String()
	default:
		return netip.PrefixFrom(addr, r.v6bits).Masked().String()
	}
}

// forwarded walks the hops from the right, over all header lines as if they
// were one list, and returns the first that is not a trusted proxy. If all are,
// it is the left-most: the farthest the trusted ones vouch for. A hop that
// cannot be read before that leaves the peer: whatever stands left of it was
// vouched for by nobody known. White space and empty elements do not count
// (RFC 9110 §5.6.1).
func (r *Resolver) forwarded(lines []string, peer netip.Addr) netip.Addr {
	client := peer
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, more := lines[i], true; more; {
			var hop string
			rest, hop, more = cutLast(rest)
			if hop == "" {
				continue
			}
			addr, ok := parseHop(hop)
			if !ok {
				return peer
			}
			if client = addr; !r.Trusted(addr) {
				return client
			}
		}
	}
	return client
}

// cutLast splits a comma-separated list before its last element; more says
// whether rest holds another one.
func cutLast(list string) (rest, last string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", strings.Trim(list, " \t"), false
	}
	return list[:i], strings.Trim(list[i+1:], " \t"), true
}

// parseHop reads an address, bare or with a port: 192.0.2.7, 192.0.2.7:4711,
// 2001:db8::1, [2001:db8::1], [2001:db8::1]:4711.
func parseHop(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return canonical(a), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return canonical(ap.Addr()), true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		a, err := netip.ParseAddr(inner)
		if ok && err == nil && a.Is6() {
			return canonical(a), true
		}
	}
	return netip.Addr{}, false
}
