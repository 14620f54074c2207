package gateway

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/token"
	"github.com/sallyport/sallyport/internal/topic"
)

// Bounds of a grant.
const (
	MaxGrantTopics  = 20
	MaxGrantLife    = 24 * time.Hour
	DefaultGrant    = 10 * time.Minute
	grantPrefix     = "spg_"
	grantPurpose    = "topic-grant"
	maxGrantBytes   = 4 << 10
	unknownTopicMsg = "A topic is segments of letters, digits and ._:- with a slash between them, 128 bytes in all."
)

// Grants signs and checks what a backend allows one user: to listen to some
// topics for some time. A grant is text that the user's client shows when it
// subscribes; in other hands it is worth nothing.
type Grants struct {
	MACs  MACs
	Clock clock.Clock
}

// MACs authenticate text under the server's secret; package seal has them.
type MACs interface {
	MAC(purpose string, parts ...[]byte) []byte
	VerifyMAC(mac []byte, purpose string, parts ...[]byte) bool
}

// grant is the signed content.
type grant struct {
	User  string   `json:"u"`
	Rules []string `json:"t"` // topic.Rule patterns
	Until int64    `json:"e"` // Unix seconds
}

// Issue returns a grant for a user to listen to the topics that rules allow, and
// when it ends. A life of zero means DefaultGrant. fault.CodeInvalidRequest says
// what is wrong.
func (s Grants) Issue(userID string, rules []string, life time.Duration) (text string, until time.Time, err error) {
	if life == 0 {
		life = DefaultGrant
	}
	switch {
	case userID == "":
		return "", until, fault.InvalidField("user", "Name the user.", "required")
	case len(rules) == 0 || len(rules) > MaxGrantTopics:
		return "", until, fault.InvalidField("topics", "Give 1 to 20 topics.", "length")
	case life < time.Second || life > MaxGrantLife:
		return "", until, fault.InvalidField("expires_in", "A grant lives 1 to 86400 seconds.", "range")
	}
	for _, r := range rules {
		if _, err := topic.ParseRule(r); err != nil {
			return "", until, fault.InvalidField("topics", "A topic of the grant is a topic whose last segment may be *.", "topic")
		}
	}
	until = s.Clock().Add(life).Truncate(time.Second)
	body, err := json.Marshal(grant{userID, rules, until.Unix()})
	if err != nil {
		return "", until, err
	}
	enc := base64.RawURLEncoding
	return grantPrefix + enc.EncodeToString(body) + "." + enc.EncodeToString(s.MACs.MAC(grantPurpose, body)), until, nil
}

// allows returns until when the grant lets these claims listen to the topic
// name; the zero time if it does not.
func (s Grants) allows(text string, claims token.Claims, name string) time.Time {
	g, ok := s.open(text)
	until := time.Unix(g.Until, 0).UTC()
	if !ok || g.User != claims.Subject || !s.Clock().Before(until) {
		return time.Time{}
	}
	fits := slices.ContainsFunc(g.Rules, func(pattern string) bool {
		r, err := topic.ParseRule(pattern)
		return err == nil && r.Allows(name, claims.Subject, claims.SessionID)
	})
	if !fits {
		return time.Time{}
	}
	return until
}

// open checks the signature before it reads anything.
func (s Grants) open(text string) (g grant, ok bool) {
	rest, found := strings.CutPrefix(text, grantPrefix)
	head, tail, two := strings.Cut(rest, ".")
	if !found || !two || len(text) > maxGrantBytes {
		return g, false
	}
	body, err := opaque.Decode(head)
	mac, err2 := opaque.Decode(tail)
	if err != nil || err2 != nil || !s.MACs.VerifyMAC(mac, grantPurpose, body) {
		return g, false
	}
	return g, json.Unmarshal(body, &g) == nil
}

// mayListen decides whether a client may listen to a topic, and until when: the
// zero time is as long as its connection. It refuses with fault.CodeForbidden;
// a name that is no topic is an errFrame.
func (g *Gateway) mayListen(claims token.Claims, name, grantText string) (until time.Time, err error) {
	if !topic.Valid(name) {
		return until, errFrame(unknownTopicMsg)
	}
	if g.parts.Revocations.Revoked(claims) {
		return until, fault.New(fault.CodeForbidden)
	}
	if slices.ContainsFunc(g.cfg.Topics, func(r topic.Rule) bool { return r.Allows(name, claims.Subject, claims.SessionID) }) {
		return until, nil
	}
	if until = g.parts.Grants.allows(grantText, claims, name); until.IsZero() {
		return until, fault.New(fault.CodeForbidden)
	}
	return until, nil
}
