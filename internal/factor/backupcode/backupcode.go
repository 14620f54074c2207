package backupcode

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
)

// The shape of a code.
const (
	Count      = 10 // codes in a set
	idSize     = 2
	secretSize = 13 // of 5 bits each: 65 bits (63B §3.1.2.2 asks for 64)
)

// alphabet is Crockford's base 32: no I, L, O and U, so that nothing is misread.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Hasher hashes like a password (BC-02).
type Hasher interface {
	Hash(ctx context.Context, password string) (string, error)
	Match(ctx context.Context, encoded, password string) (bool, error)
	Spend(ctx context.Context) error
}

// Store is what the factor needs of the database.
type Store interface {
	BackupCode(ctx context.Context, userID, codeID string) (factor.BackupCode, error)
	BackupCodesLeft(ctx context.Context, userID string) (int, error)
	UseBackupCode(ctx context.Context, userID, id string, now time.Time, t audit.Trail) (touched bool, err error)
}

// Factor checks backup codes.
type Factor struct {
	Store  Store
	Hasher Hasher
	Clock  clock.Clock
	// Low builds the warning that few codes are left.
	Low func(ctx context.Context, userID string, left int) (audit.Trail, error)
}

// Method names the factor.
func (f Factor) Method() proof.Method { return proof.BackupCode }

// New returns a set of fresh codes to show once, and the rows to keep.
func New(ctx context.Context, h Hasher) (plain []string, rows []factor.BackupCode, err error) {
	ids := map[string]bool{}
	for len(plain) < Count {
		id, secret := random(idSize), random(secretSize)
		if ids[id] {
			continue
		}
		ids[id] = true
		hash, err := h.Hash(ctx, secret)
		if err != nil {
			return nil, nil, err
		}
		plain = append(plain, display(id, secret))
		rows = append(rows, factor.BackupCode{CodeID: id, Hash: hash})
	}
	return plain, rows, nil
}

// display groups a code for reading aloud: "7K-4F9Q2-M8RT-WX2B".
func display(id, secret string) string {
	return id + "-" + secret[:5] + "-" + secret[5:9] + "-" + secret[9:]
}

// random returns n characters of the alphabet, 5 uniform bits each.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	for i := range b {
		b[i] = alphabet[b[i]&31]
	}
	return string(b)
}

// Read splits a typed code into its id and its secret. Case, spaces and dashes
// do not matter, and the letters that look like digits are read as those; other
// text is factor.ErrMalformed.
func Read(answer string) (id, secret string, err error) {
	if len(answer) > 64 {
		return "", "", factor.ErrMalformed
	}
	var b strings.Builder
	for _, r := range answer {
		if 'a' <= r && r <= 'z' { // not by Unicode, where an "ſ" is a small S too
			r += 'A' - 'a'
		}
		switch {
		case r == ' ' || r == '-':
		case r == 'O':
			b.WriteByte('0')
		case r == 'I' || r == 'L':
			b.WriteByte('1')
		case strings.ContainsRune(alphabet, r):
			b.WriteRune(r)
		default:
			return "", "", factor.ErrMalformed
		}
	}
	s := b.String()
	if len(s) != idSize+secretSize {
		return "", "", factor.ErrMalformed
	}
	return s[:idSize], s[idSize:], nil
}

// Check accepts one unused code of the user, once. Every try costs one slow
// hash, whether the id exists or not.
func (f Factor) Check(ctx context.Context, s factor.Subject, answer string) (proof.Proof, error) {
	id, secret, err := Read(answer)
	if err != nil {
		return proof.Proof{}, err
	}
	c, err := f.Store.BackupCode(ctx, s.UserID, id)
	if fault.Of(err) == fault.CodeNotFound {
		if err := f.Hasher.Spend(ctx); err != nil {
			return proof.Proof{}, err
		}
		return proof.Proof{}, factor.Wrong{Reason: "wrong_code"}
	}
	if err != nil {
		return proof.Proof{}, err
	}
	match, err := f.Hasher.Match(ctx, c.Hash, secret)
	switch {
	case err != nil:
		return proof.Proof{}, err
	case !match:
		return proof.Proof{}, factor.Wrong{Reason: "wrong_code"}
	case c.Used:
		return proof.Proof{}, factor.Wrong{Reason: "replayed"}
	}
	return f.use(ctx, s, c)
}

func (f Factor) use(ctx context.Context, s factor.Subject, c factor.BackupCode) (proof.Proof, error) {
	now := f.Clock()
	left, err := f.Store.BackupCodesLeft(ctx, s.UserID)
	if err != nil {
		return proof.Proof{}, err
	}
	e := audit.New(ctx, now, audit.FactorSuccess, audit.Success, s.UserID)
	e.Factor, e.Reason, e.SessionID = string(proof.BackupCode), "backup_code_used", s.SessionID
	trail := audit.Of(e)
	if left-1 <= factor.LowBackupCodes {
		low, err := f.Low(ctx, s.UserID, left-1)
		if err != nil {
			return proof.Proof{}, err
		}
		trail = trail.Telling(low.Messages...)
	}
	touched, err := f.Store.UseBackupCode(ctx, s.UserID, c.ID, now, trail)
	if err != nil {
		return proof.Proof{}, err
	}
	if !touched {
		return proof.Proof{}, factor.Wrong{Reason: "replayed"}
	}
	return proof.Proof{Method: proof.BackupCode, Ref: c.ID}, nil
}
