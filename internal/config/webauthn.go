package config

import (
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// WebAuthn is who passkeys belong to.
type WebAuthn struct {
	RPID    string   // WEBAUTHN_RP_ID: a domain
	RPName  string   // WEBAUTHN_RP_NAME
	Origins []string // WEBAUTHN_ORIGINS: exact origins
}

func (w *WebAuthn) block() block {
	return block{
		title: "Passkeys",
		about: "Who passkeys belong to. Changing WEBAUTHN_RP_ID later makes every passkey registered so far unusable.",
		settings: []Setting{
			{
				Name: "WEBAUTHN_RP_ID", Derived: "the host of PUBLIC_URL", into: text(&w.RPID),
				Help: "The domain passkeys are bound to: the host of every origin in WEBAUTHN_ORIGINS, or a domain they all lie under, such as example.org for auth.example.org and app.example.org.",
			},
			{
				Name: "WEBAUTHN_RP_NAME", Derived: "APP_NAME", into: text(&w.RPName),
				Help: "The name a browser shows when it offers a passkey.",
			},
			{
				Name: "WEBAUTHN_ORIGINS", Derived: "the origins of PUBLIC_URL and FRONTEND_URL", into: origins(&w.Origins),
				Help: "The exact origins on whose pages passkeys may be used.",
			},
		},
		derive: func(c *Config) { c.WebAuthn.derive(c) },
		check:  func(c *Config) []Problem { return c.WebAuthn.check(c) },
	}
}

func (w *WebAuthn) derive(c *Config) {
	w.RPID = strings.ToLower(w.RPID)
	if w.RPID == "" {
		w.RPID = c.PublicHost()
	}
	if w.RPName == "" {
		w.RPName = c.App.Name
	}
	if len(w.Origins) == 0 {
		w.Origins = distinctOf(c.App.PublicURL, c.FrontendOrigin())
	}
}

// Usable reports whether passkeys can work at all: browsers bind them to a
// domain, never to an IP address (WebAuthn L3 §5.1.2).
func (w WebAuthn) Usable() bool {
	_, err := netip.ParseAddr(w.RPID)
	return err != nil
}

func (w *WebAuthn) check(c *Config) []Problem {
	if !w.Usable() {
		if c.Given("WEBAUTHN_RP_ID") {
			return []Problem{{"WEBAUTHN_RP_ID", "it is an IP address, to which no browser binds a passkey", "Give a domain such as example.org"}}
		}
		return nil
	}
	if !goodHost(w.RPID) {
		return []Problem{{"WEBAUTHN_RP_ID", quoted(w.RPID) + " is not a domain", "Give a domain such as example.org: no scheme, no port, no path"}}
	}
	var ps []Problem
	if c.Given("WEBAUTHN_ORIGINS") {
		ps = httpsOnly(c, "WEBAUTHN_ORIGINS", w.Origins)
	}
	if !isLoopback(w.RPID) && isPublicSuffix(w.RPID) {
		ps = append(ps, Problem{"WEBAUTHN_RP_ID", quoted(w.RPID) + " is a suffix under which anybody can register a domain", "Give your own domain, such as example.org"})
	}
	if c.Local() && !c.Given("WEBAUTHN_RP_ID") && !c.Given("WEBAUTHN_ORIGINS") {
		return ps // nothing was asked for; the rest of a local run works
	}
	for _, o := range w.Strays() {
		ps = append(ps, Problem{"WEBAUTHN_RP_ID", quoted(o) + " does not lie under " + quoted(w.RPID) + ", so its pages could not use passkeys",
			"Set WEBAUTHN_RP_ID to a domain that all origins share, or list in WEBAUTHN_ORIGINS only those that lie under it"})
	}
	return ps
}

// Strays returns the origins whose pages cannot use passkeys, since their host
// is neither the RP ID nor a name under it.
func (w WebAuthn) Strays() []string {
	var out []string
	for _, o := range w.Origins {
		if host := hostOf(o); host != w.RPID && !strings.HasSuffix(host, "."+w.RPID) {
			out = append(out, o)
		}
	}
	return out
}

func isPublicSuffix(domain string) bool {
	suffix, icann := publicsuffix.PublicSuffix(domain)
	return suffix == domain && (icann || strings.Contains(domain, "."))
}

// distinctOf returns its arguments without repetition.
func distinctOf(all ...string) []string {
	var out []string
	for _, s := range all {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
