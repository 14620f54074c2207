package app

import (
	"context"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/backupcode"
	"github.com/sallyport/sallyport/internal/factor/emailcode"
	"github.com/sallyport/sallyport/internal/factor/passkey"
	"github.com/sallyport/sallyport/internal/factor/smscode"
	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
)

// attemptLife is how long a sign-in may wait for its second factor (design
// section 4; at most 10 min by MF-01).
const attemptLife = 5 * time.Minute

// factors lists the second factors: a new one is one line here.
func (a *App) factors(apps totp.Factor, pw passwords, keys *passkey.Factor) map[proof.Method]factor.Factor {
	out := map[proof.Method]factor.Factor{
		proof.TOTP:       apps,
		proof.SMS:        smscode.Factor{Codes: a.codes(proof.SMS, onetime.SMSChallenge), Budget: a.tollBudget(), Observe: a.observeToll()},
		proof.Email:      emailcode.Factor{Codes: a.codes(proof.Email, onetime.EmailChallenge), Allow: a.allowMail},
		proof.BackupCode: backupcode.Factor{Store: a.Store, Hasher: pw, Clock: a.clock, Low: a.codesLow},
	}
	if keys != nil {
		out[proof.Passkey] = keys
	}
	return out
}

// offered lists the second factors of this run, the safest first.
func (a *App) offered() []proof.Method {
	var out []proof.Method
	if a.cfg.WebAuthn.Usable() {
		out = append(out, proof.Passkey)
	}
	out = append(out, proof.TOTP)
	if a.cfg.OffersSMS() {
		out = append(out, proof.SMS)
	}
	if a.cfg.MFA.Email {
		out = append(out, proof.Email)
	}
	return append(out, proof.BackupCode)
}

// codesLow builds the warning that few backup codes are left (BC-06).
func (a *App) codesLow(ctx context.Context, userID string, left int) (audit.Trail, error) {
	u, err := a.Store.UserByID(ctx, userID)
	if err != nil {
		return audit.Trail{}, err
	}
	m := message.ToMail(message.BackupCodesLow, u.ID, u.Email)
	m.Data = map[string]string{"left": strconv.Itoa(left)}
	a.outbox.Nudge()
	return audit.Trail{Messages: []message.Outgoing{m}}, nil
}
