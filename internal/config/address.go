package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// site binds an absolute http(s) URL without credentials, query or fragment,
// kept without its trailing slash. withPath allows a path.
func site(to *string, withPath bool) value {
	form := "origin such as https://auth.example.org"
	if withPath {
		form = "address such as https://example.org/account"
	}
	return value{
		form: form,
		set: func(s string) *refusal {
			u, bad := parseSite(s)
			if bad != nil {
				return bad
			}
			if !withPath && u.Path != "" {
				return refuse(quoted(s)+" has a path", "Give scheme, host and port only, such as https://auth.example.org")
			}
			*to = u.String()
			return nil
		},
		show: func() string { return *to },
	}
}

// parseSite reads an http(s) address and brings it to its canonical form: lower
// case host, no default port, no trailing slash.
func parseSite(s string) (*url.URL, *refusal) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, refuse("it is not an address", "Write it like https://auth.example.org")
	}
	u.Scheme = strings.ToLower(u.Scheme)
	switch {
	case u.User != nil:
		return nil, refuse("it holds a user name or a password", "Give scheme, host and port only")
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.Opaque != "":
		return nil, refuse(quoted(s)+" is not a web address", "Write it like https://auth.example.org")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, refuse(quoted(s)+" has a query or a fragment", "Leave out everything from the ? or #")
	case !goodHost(u.Hostname()) || !goodPort(u.Port()) || strings.HasSuffix(u.Host, ":"):
		return nil, refuse(quoted(s)+" has no valid host and port", "Write it like https://auth.example.org or http://localhost:8000")
	}
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

// goodHost accepts an IP address or an ASCII host name (RFC 1123); names in
// other scripts are given in their xn-- form.
func goodHost(h string) bool {
	if _, err := netip.ParseAddr(h); err == nil {
		return true
	}
	if len(h) == 0 || len(h) > 253 {
		return false
	}
	for label := range strings.SplitSeq(h, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_') {
				return false
			}
		}
	}
	return true
}

func goodPort(p string) bool {
	if p == "" {
		return true
	}
	n, err := strconv.ParseUint(p, 10, 16)
	return err == nil && n > 0
}

// origins binds a list of exact origins. No item may be a pattern (OP-07).
func origins(to *[]string) value {
	parse := func(s string) (string, *refusal) {
		if strings.Contains(s, "*") {
			return "", refuse(quoted(s)+" is a pattern", "List every origin in full; patterns are not accepted")
		}
		u, bad := parseSite(s)
		if bad != nil {
			return "", bad
		}
		if u.Path != "" {
			return "", refuse(quoted(s)+" has a path", "Give scheme, host and port only")
		}
		return u.String(), nil
	}
	return list(to, "comma list of origins", parse, func(s string) string { return s })
}

// prefixes binds a list of networks; a bare address stands for itself alone.
func prefixes(to *[]netip.Prefix) value {
	parse := func(s string) (netip.Prefix, *refusal) {
		if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
			a = a.Unmap()
			return netip.PrefixFrom(a, a.BitLen()), nil
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return p, refuse(quoted(s)+" is not a network", "Write it like 10.0.0.0/8 or 2001:db8::/32")
		}
		if p.Bits() == 0 {
			return p, refuse(quoted(s)+" trusts everybody", "Name the proxy's own address or network, such as 10.0.0.0/8")
		}
		return p.Masked(), nil
	}
	return list(to, "comma list of networks", parse, netip.Prefix.String)
}

// listen binds a host:port to listen on; off accepts "off" as an empty value.
func listen(to *string, off bool) value {
	form := "host:port"
	if off {
		form += ", or off"
	}
	return value{
		form: form,
		set: func(s string) *refusal {
			if off && (s == "" || strings.EqualFold(s, "off")) {
				*to = ""
				return nil
			}
			host, port, err := net.SplitHostPort(s)
			if err != nil || host != "" && !goodHost(host) || port != "0" && (port == "" || !goodPort(port)) {
				return refuse(quoted(s)+" is not an address to listen on", "Write it like :8000 or 127.0.0.1:8000")
			}
			*to = s
			return nil
		},
		show: func() string {
			if off && *to == "" {
				return "off"
			}
			return *to
		},
	}
}

// isLoopback reports whether host is this machine: localhost, a name under
// .localhost (RFC 6761 §6.3), 127.0.0.0/8 or ::1.
func isLoopback(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// hostOf returns the host of an address that parseSite accepted.
func hostOf(site string) string {
	u, err := url.Parse(site)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// originOf returns scheme, host and port of an address that parseSite accepted.
func originOf(site string) string {
	u, err := url.Parse(site)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
