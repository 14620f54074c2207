package store_test

import (
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/challenge"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/token"
)

func accountChanges() []change {
	return []change{
		{
			method: "CreateUser",
			do: func(w *world, t audit.Trail) (bool, error) {
				u := person(ident.New() + "@example.org")
				link := ticket(onetime.EmailVerify, u.ID)
				return wrote(w.CreateUser(w.ctx(), u, &link, t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				u, link := person(ident.New()+"@example.org"), w.tokens[onetime.EmailVerify]
				return wrote(w.CreateUser(w.ctx(), u, &link, t))
			},
		},
		{
			method: "CreateFirstAdmin", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.CreateFirstAdmin(w.ctx(), w.hash(onetime.Setup), person(ident.New()+"@example.org"), t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.CreateFirstAdmin(w.ctx(), w.hash(onetime.Setup), person(w.u.Canonical), t)
			},
		},
		{
			method: "ReplaceUnverified",
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.ReplaceUnverified(w.ctx(), w.u, ticket(onetime.EmailVerify, w.u.ID), t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.ReplaceUnverified(w.ctx(), w.locked, ticket(onetime.EmailVerify, w.locked.ID), t)
			},
		},
		{
			method: "TakenAddress",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.TakenAddress(w.ctx(), w.u.ID, ticket(onetime.EmailVerify, ident.New()), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.TakenAddress(w.ctx(), w.u.ID, w.tokens[onetime.EmailVerify], t))
			},
		},
		{
			method: "VerifyEmail", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.VerifyEmail(w.ctx(), w.hash(onetime.EmailVerify), w.u.ID, w.u.Canonical, noon, t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.VerifyEmail(w.ctx(), w.hash(onetime.EmailVerify), w.u.ID, "earlier@example.org", noon, t)
			},
		},
		{
			method: "RenameUser",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.RenameUser(w.ctx(), w.u.ID, "Ada L.", noon, t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.RenameUser(w.ctx(), ident.New(), "Ada L.", noon, t))
			},
		},
		{
			method: "SetRole",
			do: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.SetRole(w.ctx(), w.u.ID, account.Admin, ending(w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.SetRole(w.ctx(), ident.New(), account.Admin, ending(w.u.ID), t))
			},
		},
		{
			method: "ChangeEmail", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.ChangeEmail(w.ctx(), w.hash(onetime.EmailChange), w.u, w.to, ticket(onetime.EmailUndo, w.u.ID), t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.ChangeEmail(w.ctx(), w.hash(onetime.EmailChange), w.stale(), w.to, ticket(onetime.EmailUndo, w.u.ID), t)
			},
		},
		{
			method: "UndoEmailChange", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.UndoEmailChange(w.ctx(), w.hash(onetime.EmailUndo), w.u, w.to, ending(w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.UndoEmailChange(w.ctx(), w.hash(onetime.EmailUndo), w.stale(), w.to, ending(w.u.ID), t))
			},
		},
		{
			method: "CancelEmailChange", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.CancelEmailChange(w.ctx(), w.hash(onetime.EmailUndo), w.u.ID, noon, t)
			},
		},
		{
			method: "DisableUser", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.DisableUser(w.ctx(), ending(w.u.ID), t))
			},
		},
		{
			method: "EnableUser",
			do:     func(w *world, t audit.Trail) (bool, error) { return w.EnableUser(w.ctx(), w.locked.ID, noon, t) },
		},
		{
			method: "DeleteUser", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.DeleteUser(w.ctx(), ending(w.u.ID), t))
			},
		},
		{
			method: "ChangePassword",
			do: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.ChangePassword(w.ctx(), w.u.ID, "$argon2id$new", ending(w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.ChangePassword(w.ctx(), w.locked.ID, "$argon2id$new", ending(w.u.ID), t))
			},
		},
		{
			method: "ResetPassword", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.ResetPassword(w.ctx(), w.hash(onetime.PasswordReset), w.u, "$argon2id$new", ending(w.u.ID), t))
			},
		},
	}
}

func sessionChanges() []change {
	return []change{
		{
			method: "OpenSession", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				n, first := visit(w.u.ID)
				return w.OpenSession(w.ctx(), n, first, session.Basis{Attempt: w.hash(onetime.Attempt)}, t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) { // the refresh token is taken
				n, _ := visit(w.u.ID)
				return w.OpenSession(w.ctx(), n, w.first, session.Basis{Attempt: w.hash(onetime.Attempt)}, t)
			},
		},
		{
			method: "RotateRefresh", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.RotateRefresh(w.ctx(), w.first.Hash, refresh(w.n.ID), "spr_next", t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.RotateRefresh(w.ctx(), w.first.Hash, w.first, "", t)
			},
		},
		{
			method: "RaiseSession", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.RaiseSession(w.ctx(), w.n, proof.AAL2, append(w.n.Proofs, proof.Proof{Method: proof.TOTP, At: noon}), noon, t)
			},
		},
		{
			method: "EndSessions", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.EndSessions(w.ctx(), ending(w.u.ID), t))
			},
		},
		{
			method: "RevokeToken",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.RevokeToken(w.ctx(), session.Revocation{ID: ident.New(), Kind: session.RevokedToken, At: noon, ExpiresAt: noon.Add(time.Hour)}, t))
			},
		},
		{
			method: "IssueOneTime",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.IssueOneTime(w.ctx(), ticket(onetime.Ticket, w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.IssueOneTime(w.ctx(), w.tokens[onetime.Attempt], t))
			},
		},
		{
			method: "ReplaceOneTime",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceOneTime(w.ctx(), ticket(onetime.EmailChange, w.u.ID), t, ticket(onetime.EmailUndo, w.u.ID)))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceOneTime(w.ctx(), ticket(onetime.EmailChange, w.u.ID), t, w.tokens[onetime.EmailUndo]))
			},
		},
		{
			method: "ReplaceSetup",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceSetup(w.ctx(), ticket(onetime.Setup, ""), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceSetup(w.ctx(), w.tokens[onetime.Setup], t))
			},
		},
		{
			method: "RevokeOneTime", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.RevokeOneTime(w.ctx(), onetime.Attempt, w.hash(onetime.Attempt), noon, t)
			},
		},
		{
			method: "UpdateOneTime", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.UpdateOneTime(w.ctx(), w.tokens[onetime.Attempt], []byte(`{"n":2}`), noon, t)
			},
		},
		{
			method: "Record",
			do:     func(w *world, t audit.Trail) (bool, error) { return wrote(w.Record(w.ctx(), t)) },
			refused: func(w *world, t audit.Trail) (bool, error) { // a message without its cause
				return wrote(w.Record(w.ctx(), audit.Trail{Messages: t.Messages}))
			},
		},
		{
			method: "Reseal",
			do: func(w *world, t audit.Trail) (bool, error) {
				_, err := w.Reseal(w.ctx(), t)
				return wrote(err)
			},
		},
		{
			method: "ApplyRotation",
			do: func(w *world, t audit.Trail) (bool, error) {
				k, err := token.GenerateKey("ES256", noon)
				w.must(err)
				return wrote(w.ApplyRotation(w.ctx(), token.Rotation{New: &k}, t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ApplyRotation(w.ctx(), token.Rotation{New: &w.k, Retire: map[string]time.Time{w.k.ID: noon}}, t))
			},
		},
	}
}

func factorChanges() []change {
	return []change{
		{
			method: "IssueCode",
			do: func(w *world, t audit.Trail) (bool, error) {
				pending := enrolment(w.u.ID)
				_, err := w.IssueCode(w.ctx(), challenge.Issue{Challenge: ticket(onetime.SMSChallenge, w.u.ID), Pending: &pending, Trail: t})
				return wrote(err)
			},
			refused: func(w *world, t audit.Trail) (bool, error) { // the challenge's hash is taken
				pending := enrolment(w.u.ID)
				_, err := w.IssueCode(w.ctx(), challenge.Issue{Challenge: w.tokens[onetime.SMSChallenge], Pending: &pending, Trail: t})
				return wrote(err)
			},
		},
		{
			method: "BeginEnrolment",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.BeginEnrolment(w.ctx(), enrolment(w.u.ID), t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) { // the id is taken by a confirmed one
				return wrote(w.BeginEnrolment(w.ctx(), w.app, t))
			},
		},
		{
			method: "ConfirmEnrolment", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.ConfirmEnrolment(w.ctx(), factor.Confirmation{ID: w.pending.ID, UserID: w.u.ID, Step: 7, BackupCodes: codes("cc"), At: noon}, t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.ConfirmEnrolment(w.ctx(), factor.Confirmation{ID: w.pending.ID, UserID: w.locked.ID, Step: 7, BackupCodes: codes("cc"), At: noon}, t)
			},
		},
		{
			method: "RemoveFactors", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return touching(w.RemoveFactors(w.ctx(), factor.Removal{UserID: w.u.ID, Method: proof.TOTP}, ending(w.u.ID), t))
			},
		},
		{
			method: "ResetFactors",
			do: func(w *world, t audit.Trail) (bool, error) {
				return revoked(w.ResetFactors(w.ctx(), ending(w.u.ID), t))
			},
		},
		{
			method: "ReplaceBackupCodes",
			do: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceBackupCodes(w.ctx(), w.u.ID, codes("cc", "dd"), noon, t))
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return wrote(w.ReplaceBackupCodes(w.ctx(), w.u.ID, codes("cc", "cc"), noon, t))
			},
		},
		{
			method: "UseBackupCode", once: true,
			do: func(w *world, t audit.Trail) (bool, error) {
				return w.UseBackupCode(w.ctx(), w.u.ID, w.backup.ID, noon, t)
			},
			refused: func(w *world, t audit.Trail) (bool, error) {
				return w.UseBackupCode(w.ctx(), w.locked.ID, w.backup.ID, noon, t)
			},
		},
	}
}
