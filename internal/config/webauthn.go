package config

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/net/publicsuffix"
)

// WebAuthn is who passkeys belong to.
type WebAuthn struct {
	RPID    string   // WEBAUTHN_RP_ID: a domain
	RPName  string   // WEBAUTHN_RP_NAME
	Origins []string // WEBAUTHN_ORIGINS: exact origins
	Related []string // WEBAUTHN_RELATED_ORIGINS: exact origins under other domains
	Apps    []string // WEBAUTHN_APP_ORIGINS: android:apk-key-hash:…
	// FurtherFactor is WEBAUTHN_FURTHER_FACTOR: a passkey is never enough by itself.
	FurtherFactor bool
	Models        []string // WEBAUTHN_ALLOWED_AAGUIDS: lower case; empty: any
	TrustAnchors  string   // WEBAUTHN_TRUST_ANCHORS: a PEM file
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
			{
				Name: "WEBAUTHN_RELATED_ORIGINS", into: origins(&w.Related),
				Help: "Further origins, under other domains than WEBAUTHN_RP_ID, on whose pages the same passkeys may be used. Browsers ask for them at https://WEBAUTHN_RP_ID/.well-known/webauthn, which this server answers; they look at no more than five different names.",
			},
			{
				Name: "WEBAUTHN_APP_ORIGINS", into: list(&w.Apps, "comma list of android:apk-key-hash: origins", parseApp, func(s string) string { return s }),
				Help: "The Android apps that may use passkeys, each as android:apk-key-hash: and the SHA-256 of its signing certificate in base64url. Apps on iOS have the origin https://WEBAUTHN_RP_ID, which belongs into WEBAUTHN_ORIGINS.",
			},
			{
				Name: "WEBAUTHN_FURTHER_FACTOR", Default: "false", into: flag(&w.FurtherFactor),
				Help: "Whether a sign-in with a passkey asks for one more factor of another kind, even where the passkey checked its user by PIN, fingerprint or face.",
			},
			{
				Name: "WEBAUTHN_ALLOWED_AAGUIDS", into: list(&w.Models, "comma list of AAGUIDs", parseModel, func(s string) string { return s }),
				Help: "The models of authenticators that may be registered. Each has to prove its model by an attestation that leads to WEBAUTHN_TRUST_ANCHORS; synced passkeys cannot. Empty: any, and no attestation is asked for.",
			},
			{
				Name: "WEBAUTHN_TRUST_ANCHORS", into: text(&w.TrustAnchors),
				Help: "A PEM file with the makers' root certificates for WEBAUTHN_ALLOWED_AAGUIDS. Nothing is fetched.",
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
		w.Origins = slices.DeleteFunc(distinctOf(c.App.PublicURL, c.FrontendOrigin()), func(o string) bool {
			return slices.Contains(w.Related, o)
		})
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
	ps := httpsOnly(c, "WEBAUTHN_RELATED_ORIGINS", w.Related)
	if c.Given("WEBAUTHN_ORIGINS") {
		ps = append(ps, httpsOnly(c, "WEBAUTHN_ORIGINS", w.Origins)...)
	}
	if n := w.names(); n > maxNames {
		ps = append(ps, Problem{"WEBAUTHN_RELATED_ORIGINS", fmt.Sprintf("with WEBAUTHN_ORIGINS it has %d different names, and browsers look at %d", n, maxNames), "List fewer; example.org and example.com are one name"})
	}
	if len(w.Models) > 0 && w.TrustAnchors == "" {
		ps = append(ps, Problem{"WEBAUTHN_ALLOWED_AAGUIDS", "it is given without WEBAUTHN_TRUST_ANCHORS, so nothing would prove a model", "Give the root certificates of the makers too"})
	}
	if !c.Given("WEBAUTHN_ALLOWED_AAGUIDS") && w.TrustAnchors != "" {
		ps = append(ps, Problem{"WEBAUTHN_TRUST_ANCHORS", "it is given without WEBAUTHN_ALLOWED_AAGUIDS, so nothing would be asked of it", "List the models that may be registered"})
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

// maxNames is how many names of sites browsers look at (WebAuthn L3 §5.11).
const maxNames = 5

// names counts the different names of sites among the origins, as browsers do:
// example.org and shop.example.com are one; 0 without related origins.
func (w WebAuthn) names() int {
	if len(w.Related) == 0 {
		return 0
	}
	seen := map[string]bool{}
	for _, o := range slices.Concat(w.Origins, w.Related) {
		domain, err := publicsuffix.EffectiveTLDPlusOne(hostOf(o))
		if err != nil {
			domain = hostOf(o)
		}
		name, _, _ := strings.Cut(domain, ".")
		seen[name] = true
	}
	return len(seen)
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

// appPrefix begins the origin of an Android app.
const appPrefix = "android:apk-key-hash:"

func parseApp(s string) (string, *refusal) {
	hash, ok := strings.CutPrefix(s, appPrefix)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(hash)
	if !ok || err != nil || len(raw) != sha256.Size {
		return "", refuse(quoted(s)+" is not the origin of an app", "Write "+appPrefix+" and the SHA-256 of the signing certificate: 43 characters of base64url")
	}
	return s, nil
}

func parseModel(s string) (string, *refusal) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 || id == uuid.Nil {
		return "", refuse(quoted(s)+" is not an AAGUID", "Write it like ee882879-721c-4913-9775-3dfcce97072a")
	}
	return id.String(), nil
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
