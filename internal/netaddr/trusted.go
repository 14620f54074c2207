package netaddr

import (
	"fmt"
	"net/netip"
	"strings"
)

// ParseTrusted reads the setting TRUSTED_PROXIES: addresses and prefixes,
// separated by commas or white space. An address stands for itself alone. Empty
// text gives no prefix, and then no header is ever believed.
func ParseTrusted(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, item := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }) {
		p, err := parsePrefix(item)
		if err != nil {
			return nil, fmt.Errorf("netaddr: %q is neither an address nor a prefix such as 10.0.0.0/8", item)
		}
		out = append(out, p)
	}
	return out, nil
}

func parsePrefix(item string) (netip.Prefix, error) {
	if strings.Contains(item, "/") {
		p, err := netip.ParsePrefix(item)
		return canonicalPrefix(p), err
	}
	a, err := netip.ParseAddr(item)
	if err != nil {
		return netip.Prefix{}, err
	}
	a = canonical(a)
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// canonicalPrefix writes a prefix inside ::ffff:0:0/96 as the IPv4 prefix it is
// and clears the bits behind its length.
func canonicalPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

// canonical is the one form of an address: IPv4 inside IPv6 is IPv4, and there
// is no zone.
func canonical(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
