package gateway

import "time"

// Reconnect tells a client what to do after a close code.
type Reconnect string

// The three answers.
const (
	Never     Reconnect = "no"         // the same attempt can only fail again
	Again     Reconnect = "yes"        // with the same token, after the backoff
	AfterAuth Reconnect = "after auth" // with a fresh token or after a new sign-in
)

// CloseCode is one way a connection ends. Clients switch on Code; a code is
// never given another meaning.
type CloseCode struct {
	Code      uint16
	Name      string // begins the reason on the wire
	Reconnect Reconnect
	Backoff   time.Duration // the least to wait before the first new attempt, plus jitter
	Meaning   string
	// quiet codes drop what is still queued: after them no frame leaves (WS-04).
	quiet bool
}

// The close codes the server sends. 1000 to 1015 are RFC 6455's, 4000 and above
// are ours.
var (
	CloseNormal      = CloseCode{1000, "normal", Never, 0, "The client closed; the server answers with the same.", false}
	CloseProtocol    = CloseCode{1002, "protocol_error", Never, 0, "The client sent bytes that RFC 6455 forbids.", false}
	CloseNotText     = CloseCode{1003, "text_only", Never, 0, "The client sent a binary message.", false}
	CloseNotUTF8     = CloseCode{1007, "not_utf8", Never, 0, "A text message was not UTF-8.", false}
	CloseTooBig      = CloseCode{1009, "too_big", Never, 0, "A message was longer than allowed, or cut into too many fragments.", false}
	CloseInternal    = CloseCode{1011, "internal_error", Again, 5 * time.Second, "Something failed on the server's side.", false}
	CloseRestart     = CloseCode{1012, "restart", Again, 0, "The node is going down; reconnect_ms in the reason says how long to wait, which spreads the clients.", false}
	CloseRevoked     = CloseCode{4001, "revoked", AfterAuth, 0, "The session or token was taken back: sign-out, password change, disabled account.", true}
	CloseExpired     = CloseCode{4002, "token_expired", AfterAuth, 0, "The access token expired and no fresh one was sent on the open socket.", true}
	CloseNotAllowed  = CloseCode{4003, "not_allowed", Never, 0, "The renewal on the open socket was refused: a bad token, or one of another user or session.", true}
	CloseHeartbeat   = CloseCode{4008, "heartbeat_lost", Again, 0, "Two pings in a row went unanswered.", false}
	CloseReplaced    = CloseCode{4009, "replaced", Never, 0, "A newer connection of the same user or session took the place.", false}
	CloseTooSlow     = CloseCode{4010, "too_slow", Again, 5 * time.Second, "The client did not read fast enough and its queue was full.", true}
	CloseTooMany     = CloseCode{4029, "too_many_messages", Again, time.Minute, "The client sent more messages or bytes than allowed.", false}
	CloseTooManyConn = CloseCode{4030, "too_many_connections", Again, time.Minute, "The user or session holds as many connections as allowed, or opens them too fast.", false}
	CloseNoAuth      = CloseCode{4401, "unauthenticated", AfterAuth, 0, "The first frame was not a valid auth frame, or none came in time.", false}
)

// closeLost is no code on the wire: the connection broke without a close frame.
// It exists for metrics and the audit record, as RFC 6455 keeps 1006 for it.
var closeLost = CloseCode{1006, "lost", Again, 0, "The connection broke.", true}

// CloseCodes returns every code the server sends, in order. docs/gateway.md and
// the client's table are made from it.
func CloseCodes() []CloseCode {
	return []CloseCode{
		CloseNormal, CloseProtocol, CloseNotText, CloseNotUTF8, CloseTooBig, CloseInternal, CloseRestart,
		CloseRevoked, CloseExpired, CloseNotAllowed, CloseHeartbeat, CloseReplaced, CloseTooSlow, CloseTooMany,
		CloseTooManyConn, CloseNoAuth,
	}
}

// ofWire gives the table's row for a code that package wire asks for.
func ofWire(code uint16) CloseCode {
	for _, c := range []CloseCode{CloseProtocol, CloseNotUTF8, CloseTooBig} {
		if c.Code == code {
			return c
		}
	}
	return CloseProtocol
}
