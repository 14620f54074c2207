package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/sallyport/sallyport/internal/config"
)

// settings says what was given, and what was given in vain.
func (d *doctor) settings(context.Context) []check {
	given, all := 0, 0
	for _, g := range d.cfg.Settings() {
		for _, s := range g.Settings {
			all++
			if s.Source != config.FromDefault {
				given++
			}
		}
	}
	kind := "a run for everybody"
	if d.cfg.Local() {
		kind = "a local run"
	}
	out := []check{fine("settings", fmt.Sprintf("%s at %s, %d of %d settings given", kind, d.cfg.App.PublicURL, given, all))}
	for _, name := range d.cfg.Unknown {
		out = append(out, caution("settings", name+" in the env file is no setting", "Take it out, or see docs/settings.md for the right name"))
	}
	return out
}

// exposure looks for doors that stand further open than they need to.
func (d *doctor) exposure(context.Context) []check {
	var out []check
	listen, metrics := d.cfg.HTTP.ListenAddr, d.cfg.HTTP.MetricsAddr
	if d.cfg.DevInbox() && !loopback(listen) {
		out = append(out, caution("listen", "the dev inbox shows every code, and "+listen+" can be reached from outside this machine",
			"Leave LISTEN_ADDR out, or keep the port closed to others as a container does"))
	}
	if port := portOf(d.cfg.App.PublicURL); d.cfg.Local() && port != portOf("http://"+listen) {
		out = append(out, caution("listen", fmt.Sprintf("PUBLIC_URL says port %s, the server listens on %s", port, listen),
			"Bring PUBLIC_URL and LISTEN_ADDR together, unless something between them maps the ports"))
	}
	if metrics != "" && !loopback(metrics) {
		out = append(out, caution("metrics", metrics+" can be reached from outside this machine, and asks for no password",
			"Use METRICS_ADDR=127.0.0.1:9090, or let only your monitoring reach it"))
	}
	if len(out) == 0 {
		out = append(out, fine("listen", "on "+listen+", metrics on "+orOff(metrics)))
	}
	return out
}

func orOff(addr string) string {
	if addr == "" {
		return "no address"
	}
	return addr
}

// loopback reports whether host:port can be reached from this machine only.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && loopbackHost(host)
}

func loopbackHost(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// portOf returns the port of an address, that of its scheme where none stands
// there.
func portOf(site string) string {
	u, err := url.Parse(site)
	switch {
	case err != nil:
		return ""
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// passkeys says whether passkeys can work where the pages are.
func (d *doctor) passkeys(context.Context) []check {
	w := d.cfg.WebAuthn
	if !w.Usable() {
		return []check{caution("passkeys", "browsers bind no passkey to an IP address such as "+w.RPID, "Use a name in PUBLIC_URL, such as http://localhost:8000, or set WEBAUTHN_RP_ID")}
	}
	var out []check
	for _, o := range w.Strays() {
		out = append(out, caution("passkeys", o+" does not lie under "+w.RPID+", so its pages cannot use passkeys", "Set WEBAUTHN_RP_ID to a domain that all origins share"))
	}
	if len(out) == 0 {
		out = append(out, fine("passkeys", "bound to "+w.RPID+", for "+strings.Join(w.Origins, ", ")))
	}
	return out
}

// proxies says whether client addresses will be the clients' own.
func (d *doctor) proxies(context.Context) []check {
	secure := strings.HasPrefix(d.cfg.App.PublicURL, "https://")
	trusted := d.cfg.HTTP.TrustedProxies
	switch {
	case secure && len(trusted) == 0:
		return []check{caution("proxies", "https ends at a proxy in front, and no proxy is trusted: every client will look like that proxy and share its rate limits",
			"Set TRUSTED_PROXIES to the proxy's address or network")}
	case len(trusted) == 0:
		return []check{fine("proxies", "none trusted; forwarded headers are ignored")}
	}
	var out []check
	for _, p := range trusted {
		if wide(p) {
			out = append(out, caution("proxies", p.String()+" is a very large part of the Internet, and each address in it may claim to be any client",
				"Narrow TRUSTED_PROXIES to the networks your proxies are in"))
		}
	}
	if len(out) == 0 {
		out = append(out, fine("proxies", count(len(trusted), "network")+" trusted"))
	}
	return out
}

// wide reports whether a network is larger than any private one.
func wide(p netip.Prefix) bool {
	if p.Addr().Is4() {
		return p.Bits() < 8
	}
	return p.Bits() < 7
}
