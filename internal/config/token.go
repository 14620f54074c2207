package config

import (
	"fmt"
	"time"
)

// Alg is the signature algorithm of access tokens (RFC 7518, RFC 8037).
type Alg string

// The algorithms.
const (
	ES256 Alg = "ES256"
	EdDSA Alg = "EdDSA"
	RS256 Alg = "RS256"
)

// Token is the shape of access tokens.
type Token struct {
	Audience   []string      // TOKEN_AUDIENCE: aud
	Alg        Alg           // TOKEN_ALG: of keys made from now on
	AccessLife time.Duration // ACCESS_TOKEN_LIFE
	JWKSCache  time.Duration // JWKS_CACHE: how long backends may keep the key set
}

func (t *Token) block() block {
	return block{
		title: "Access tokens",
		about: "Access tokens are JWTs (RFC 9068) that any backend can verify with /.well-known/jwks.json.",
		settings: []Setting{
			{
				Name: "TOKEN_AUDIENCE", Derived: "PUBLIC_URL", into: list(&t.Audience, "comma list of names", audience, func(s string) string { return s }),
				Help: "The aud claim: the names of the backends the tokens are meant for.",
			},
			{
				Name: "TOKEN_ALG", Default: "ES256", into: choice(&t.Alg, ES256, EdDSA, RS256),
				Help: "The signature algorithm of signing keys made from now on. Keys there already keep theirs until `sallyport key rotate`.",
			},
			{
				Name: "ACCESS_TOKEN_LIFE", Default: "10m", into: span(&t.AccessLife, time.Minute, 15*time.Minute),
				Help: "How long an access token lives. 15 minutes is the ceiling.",
			},
			{
				Name: "JWKS_CACHE", Default: "10m", into: span(&t.JWKSCache, time.Minute, 24*time.Hour),
				Help: "How long backends may cache the key set. A new signing key is published at least this long before it is used.",
			},
		},
		derive: func(c *Config) {
			if len(c.Token.Audience) == 0 {
				c.Token.Audience = []string{c.App.PublicURL}
			}
		},
	}
}

func audience(s string) (string, *refusal) {
	if len(s) > 255 {
		return "", refuse(fmt.Sprintf("%s is too long", quoted(s)), "Use at most 255 bytes a name")
	}
	return s, nil
}

// Session is how long a sign-in lasts.
type Session struct {
	Life         time.Duration // SESSION_LIFE: from sign-in to the end, whatever happens
	Idle         time.Duration // SESSION_IDLE: from the last refresh to the end
	RefreshGrace time.Duration // REFRESH_GRACE: 0 switches it off
	StepUpMaxAge time.Duration // STEP_UP_MAX_AGE
}

func (s *Session) block() block {
	const day = 24 * time.Hour
	return block{
		title: "Sessions",
		about: "How long a sign-in lasts, and how fresh a proof guarded actions ask for.",
		settings: []Setting{
			{
				Name: "SESSION_LIFE", Default: "720h", Strict: "24h", into: span(&s.Life, 5*time.Minute, 30*day),
				Help: "How long a session lasts from sign-in, whatever happens. 30 days is the ceiling (NIST SP 800-63B-4, AAL1).",
			},
			{
				Name: "SESSION_IDLE", Default: "168h", Strict: "1h", into: span(&s.Idle, 5*time.Minute, 30*day),
				Help: "How long a session lasts without being refreshed. At most SESSION_LIFE, and longer than ACCESS_TOKEN_LIFE.",
			},
			{
				Name: "REFRESH_GRACE", Default: "10s", into: span(&s.RefreshGrace, 0, 10*time.Second),
				Help: "How long the same client may repeat a refresh whose answer was lost, and get the same successor once more. 0s switches it off; 10 s is the ceiling.",
			},
			{
				Name: "STEP_UP_MAX_AGE", Default: "5m", into: span(&s.StepUpMaxAge, time.Minute, 15*time.Minute),
				Help: "How old the latest proof may be when a guarded action is asked for.",
			},
		},
		derive: func(c *Config) {
			if !c.Given("SESSION_IDLE") {
				c.Session.Idle = min(c.Session.Idle, c.Session.Life)
			}
		},
		check: func(c *Config) []Problem { return c.Session.check(c) },
	}
}

func (s *Session) check(c *Config) []Problem {
	var ps []Problem
	if s.Idle > s.Life {
		ps = append(ps, Problem{"SESSION_IDLE", "it is longer than SESSION_LIFE, which is " + showSpan(s.Life), "Use at most SESSION_LIFE"})
	}
	if s.Idle < c.Token.AccessLife {
		ps = append(ps, Problem{"SESSION_IDLE", "a session would end before its first access token, which lives " + showSpan(c.Token.AccessLife),
			"Use at least ACCESS_TOKEN_LIFE"})
	}
	return ps
}
