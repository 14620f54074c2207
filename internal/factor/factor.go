package factor

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/proof"
)

// Enrolment is one factor a user has set up, or is setting up: a row of
// user_mfa. The secret is in the clear only in memory.
type Enrolment struct {
	ID         string
	UserID     string
	Method     proof.Method // totp, sms or email
	Name       string       // the user's own word for it: "work phone"
	Secret     []byte       // totp: the shared secret, 20 bytes
	Phone      string       // sms: E.164
	Email      string       // email: the address codes go to
	Enabled    bool         // confirmed with a code
	LastStep   int64        // totp: the newest step accepted (TO-04)
	ExpiresAt  time.Time    // while not confirmed: when the set-up lapses (MF-07)
	LastUsedAt time.Time
	CreatedAt  time.Time
}

// Subject is whom a factor is asked about.
type Subject struct {
	UserID    string
	SessionID string // set for a step-up, empty for a sign-in
	AttemptID []byte // hash of the attempt token, set for a sign-in
	// Confirm is the enrolment that the answer is to confirm; empty: it answers a
	// factor that counts already.
	Confirm string
	// Proofs are what was shown before in the same sign-in, or lately in the session.
	Proofs []proof.Proof
}

// Purpose is what a code that is sent to a person is for. A code made for one is
// refused for another (OT-02).
type Purpose string

// The purposes.
const (
	SignIn  Purpose = "sign_in"
	StepUp  Purpose = "step_up"
	Confirm Purpose = "confirm"
)

// Purpose is what the subject is asked for.
func (s Subject) Purpose() Purpose {
	switch {
	case s.Confirm != "":
		return Confirm
	case s.SessionID != "":
		return StepUp
	default:
		return SignIn
	}
}

// ErrWrong is returned by Check for an answer that does not prove the factor:
// wrong, malformed, expired and already used all look the same (TO-06). Wrap
// adds a reason for the audit log.
var ErrWrong = errors.New("factor: not proved")

// Wrong is ErrWrong with the reason that goes to the audit log and nowhere else.
type Wrong struct {
	Reason string
	// Answer is what the client hears; nil: fault.CodeInvalidCode.
	Answer error
}

// Error gives the reason, for logs.
func (w Wrong) Error() string { return "factor: not proved: " + w.Reason }

// Is makes errors.Is(err, ErrWrong) hold.
func (w Wrong) Is(target error) bool { return target == ErrWrong }

// LowBackupCodes is how many backup codes are left when the user is warned
// (BC-06).
const LowBackupCodes = 3

// ErrMalformed is returned by Check for text that cannot be an answer at all: a
// code of the wrong length or with other characters. It is counted like a wrong
// one, and told apart only because the form can say what it expects (TO-05).
var ErrMalformed = errors.New("factor: malformed answer")

// Offer is one factor a user can be asked for, with a hint that tells the person
// which one is meant: a name, or the end of a number.
type Offer struct {
	Method proof.Method
	Hint   string
	ID     string // which one, where the user has several and must choose
}

// Factor compares answers of one method. Check is called after the attempt was
// counted and must accept an answer at most once, however many calls race.
type Factor interface {
	// Method names the factor.
	Method() proof.Method
	// Check compares answer for the user. It returns the proof, without a time,
	// or an error for which errors.Is(err, ErrWrong) holds; any other error means
	// that nothing was decided and the attempt is refused (OP-09).
	Check(ctx context.Context, s Subject, answer string) (proof.Proof, error)
}

// Sent is what is told about a code that is on its way.
type Sent struct {
	Hint      string        // where to, masked
	ExpiresIn time.Duration // how long it works
}

// Sender is a Factor whose answer travels to the person first.
type Sender interface {
	Factor
	// Send makes a fresh code for the subject, kills the older one and queues it to
	// the address of the enrolment, all in one transaction; an enrolment that is
	// not confirmed is stored with it, in place of an older one. Too many codes are
	// fault.CodeRateLimited.
	Send(ctx context.Context, s Subject, to Enrolment) (Sent, error)
	// Asked returns the enrolment that the subject's live code is to confirm;
	// empty where there is no such code.
	Asked(ctx context.Context, s Subject) (enrolment string, err error)
}

// BackupCode is one row of mfa_backup_codes.
type BackupCode struct {
	ID     string
	CodeID string // the two characters in front, which select the row (BC-01)
	Hash   string // password hash of the rest (BC-02)
	Used   bool
}

// Confirmation turns an enrolment into a factor that counts.
type Confirmation struct {
	ID          string
	UserID      string
	Step        int64        // totp: the step of the confirming code, spent with it
	BackupCodes []BackupCode // fresh codes that come with the first factor; none: keep the old
	// Unless, where it is not empty, refuses with fault.CodeForbidden if the user
	// holds a confirmed factor of these methods by now: a sign-in that was told to
	// set its first one up adds no second.
	Unless []proof.Method
	At     time.Time
}

// Removal names the factors to remove.
type Removal struct {
	UserID     string
	Method     proof.Method
	ID         string         // one enrolment; empty: all of the method
	KeepSecond bool           // policy demands a second factor: the last one must stay
	Usable     []proof.Method // those that count as one, because the server offers them
}

// Hint tells the person which factor is meant without giving it away: the name
// of an app, the last digits of a number, the first letter of a mailbox.
func (e Enrolment) Hint() string {
	switch {
	case e.Phone != "":
		return "•••• " + e.Phone[max(0, len(e.Phone)-3):]
	case e.Email != "":
		local, domain, _ := strings.Cut(e.Email, "@")
		first, _ := utf8.DecodeRuneInString(local)
		return string(first) + "•••@" + domain
	default:
		return e.Name
	}
}
