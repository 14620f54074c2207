package audit

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
)

// Name is what happened, in the words of the OWASP logging vocabulary.
type Name string

// The events.
const (
	LoginSuccess          Name = "authn_login_success"
	LoginFail             Name = "authn_login_fail"
	LoginSuccessAfterFail Name = "authn_login_successafterfail"
	LoginLock             Name = "authn_login_lock"
	FactorSuccess         Name = "authn_factor_success"
	FactorFail            Name = "authn_factor_fail"
	TokenCreated          Name = "authn_token_created"
	TokenRevoked          Name = "authn_token_revoked"
	TokenReuse            Name = "authn_token_reuse"
	PasswordChange        Name = "authn_password_change"
	PasswordChangeFail    Name = "authn_password_change_fail"
	RecoveryStarted       Name = "authn_recovery_started"
	ImpossibleTravel      Name = "authn_impossible_travel"
	AuthzFail             Name = "authz_fail"
	RateLimitExceeded     Name = "excess_rate_limit_exceeded"
	SequenceFail          Name = "sequence_fail"
	SessionCreated        Name = "session_created"
	SessionRenewed        Name = "session_renewed"
	SessionExpired        Name = "session_expired"
	SessionEnded          Name = "session_ended"
	SessionStepUp         Name = "session_step_up"
	PrivilegeChanged      Name = "privilege_permissions_changed"
	UserCreated           Name = "user_created"
	UserUpdated           Name = "user_updated"
	UserArchived          Name = "user_archived"
	UserDeleted           Name = "user_deleted"
	UserDisabled          Name = "user_disabled"
	UserEnabled           Name = "user_enabled"
	EmailVerified         Name = "user_email_verified"
	EmailChanged          Name = "user_email_changed"
	FactorAdded           Name = "user_factor_added"
	FactorRemoved         Name = "user_factor_removed"
	AccountLinked         Name = "user_account_linked"
	AccountUnlinked       Name = "user_account_unlinked"
	MessageRetried        Name = "sys_message_retried"
	MessageDropped        Name = "sys_message_dropped"
	AuditRead             Name = "sys_audit_exported"
	SystemKeyRotated      Name = "sys_key_rotated"
	SystemRestored        Name = "sys_restored"
	SystemStartup         Name = "sys_startup"
	SystemShutdown        Name = "sys_shutdown"
	SystemAlarm           Name = "sys_alarm"
	SocketOpened          Name = "session_socket_opened"
	SocketRefused         Name = "session_socket_refused"
	SocketClosed          Name = "session_socket_closed"
)

// Result is how it ended.
type Result string

// The results.
const (
	Success Result = "success"
	Failure Result = "failure"
)

// Origin is where a request came from. The HTTP layer puts it into the context.
type Origin struct {
	ClientIP  string // canonical text, after trusted proxies (RL-08)
	Prefix    string // the /64 of an IPv6 address, the address itself for IPv4
	UserAgent string // cut and cleaned
	RequestID string
}

type originKey struct{}

// WithOrigin returns a context that carries o.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf returns the origin of ctx; zero where the work has none, as in a job.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// Event is one thing that happened. No field ever holds a secret.
type Event struct {
	ID        string
	At        time.Time
	Name      Name
	Result    Result
	Reason    string // a stable code such as "wrong_password"; empty on success
	ActorID   string // the user who acted; empty: nobody known, or the system
	ActorKind string // "user", "admin", "anonymous", "system"
	TargetID  string // the user it happened to
	SessionID string
	Factor    string
	Origin    Origin
	// Details are further facts with stable keys; values are cut and cleaned.
	Details map[string]string
}

// New begins an event of that name about the user targetID, with the origin of
// ctx and the target as actor. The caller sets what differs.
func New(ctx context.Context, now time.Time, name Name, result Result, targetID string) Event {
	e := Event{
		ID: ident.New(), At: now, Name: name, Result: result,
		ActorID: targetID, ActorKind: "user", TargetID: targetID, Origin: OriginOf(ctx),
	}
	if targetID == "" {
		e.ActorKind = "anonymous"
	}
	return e
}

// Trail is what a change leaves behind. The store writes it in the change's own
// transaction: no change without its trail, no trail without its change.
type Trail struct {
	Events   []Event
	Messages []message.Outgoing
}

// Of returns a trail of these events.
func Of(events ...Event) Trail { return Trail{Events: events} }

// Telling returns the trail with these messages to people added.
func (t Trail) Telling(messages ...message.Outgoing) Trail {
	t.Messages = append(append([]message.Outgoing{}, t.Messages...), messages...)
	return t
}
