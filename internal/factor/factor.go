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
}

// ErrWrong is returned by Check for an answer that does not prove the factor:
// wrong, malformed, expired and already used all look the same (TO-06). Wrap
// adds a reason for the audit log.
var ErrWrong = errors.New("factor: not proved")

// Wrong is ErrWrong with the reason that goes to the audit log and nowhere else.
type Wrong struct{ Reason string }

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
	At          time.Time
}

// Removal names the factors to remove.
type Removal struct {
	UserID      string
	Method      proof.Method
	ID          string // one enrolment; empty: all of the method
	BackupCodes bool   // remove the backup codes too, with the last factor
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
