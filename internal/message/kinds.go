package message

import "maps"

// sheet is what the templates of one kind may count on.
type sheet struct {
	kind Kind
	link bool // Outgoing.Link is set
	code bool // Outgoing.Code is set
	// sms is set for kinds that may travel by SMS. Links that prove a mailbox
	// never do: they would prove the phone instead.
	sms bool
	// data are the keys of Outgoing.Data this kind knows, each with a sample.
	data map[string]string
}

// occasion holds the keys every notice may carry besides its own: when it
// happened, and from which address, both as text for people.
func occasion(own map[string]string) map[string]string {
	d := map[string]string{"at": "1 March 2026, 14:05 UTC", "ip": "192.0.2.7"}
	maps.Copy(d, own)
	return d
}

// sheets returns the table of kinds. A kind without a row has no template and
// is refused by Render.
func sheets() []sheet {
	return []sheet{
		{kind: VerifyEmail, link: true},
		{kind: AlreadyHave, link: true},
		{kind: ResetPassword, link: true},
		{kind: ConfirmEmail, link: true},
		{kind: EmailChanging, link: true, sms: true, data: occasion(nil)},
		{kind: EmailChanged, sms: true, data: occasion(nil)},
		{kind: PasswordChanged, sms: true, data: occasion(nil)},
		{kind: FactorAdded, sms: true, data: occasion(map[string]string{"factor": "totp"})},
		{kind: FactorRemoved, sms: true, data: occasion(map[string]string{"factor": "passkey"})},
		{kind: BackupCodesNew, sms: true, data: occasion(nil)},
		{kind: BackupCodesLow, sms: true, data: map[string]string{"left": "3"}},
		{kind: TokenReused, sms: true, data: occasion(nil)},
		{kind: LoginAfterFails, sms: true, data: occasion(map[string]string{"fails": "7"})},
		{kind: AccountDeleted, sms: true, data: occasion(nil)},
		{kind: AccountLinked, sms: true, data: occasion(map[string]string{"provider": "github"})},
		{kind: AccountUnlinked, sms: true, data: occasion(map[string]string{"provider": "google"})},
		{kind: PasskeyCloned, sms: true, data: occasion(nil)},
		{kind: Invitation, link: true},
		{kind: Code, code: true, sms: true, data: map[string]string{"purpose": "sign_in"}},
	}
}

// sheetOf returns the row of kind.
func sheetOf(kind Kind) (sheet, bool) {
	for _, s := range sheets() {
		if s.kind == kind {
			return s, true
		}
	}
	return sheet{}, false
}

// Kinds returns every kind, in the order of the table above.
func Kinds() []Kind {
	var out []Kind
	for _, s := range sheets() {
		out = append(out, s.kind)
	}
	return out
}

// Travels reports whether messages of this kind may go by that channel. Every
// kind goes by e-mail.
func (k Kind) Travels(by Channel) bool {
	s, ok := sheetOf(k)
	return ok && (by == Email || by == SMS && s.sms)
}
