package passkey

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
)

// BeginLogin returns the options of navigator.credentials.get() for a sign-in
// (PublicKeyCredentialRequestOptionsJSON). With an address they name the keys of
// its account, or made-up ones that stay the same for that address (WA-14);
// without, the browser offers what it has.
func (f *Factor) BeginLogin(ctx context.Context, address string) (any, error) {
	var s factor.Subject
	var allowed []protocol.CredentialDescriptor
	if address != "" {
		canonical := account.CanonicalOrRaw(address)
		u, keys, err := f.byAddress(ctx, canonical)
		if err != nil {
			return nil, err
		}
		if s.UserID, allowed = u.ID, descriptors(keys); len(keys) == 0 {
			s.UserID, allowed = f.nobody(canonical), f.madeUp(canonical)
		}
	}
	return f.begin(ctx, signingIn, s, allowed, protocol.VerificationPreferred)
}

// nobody stands for the user of a sign-in with an address that has no passkey; no
// passkey is theirs. Each address has one of its own, so that challenges lie as
// far apart in the database as those of users (WA-14).
func (f *Factor) nobody(canonical string) string {
	return "nobody:" + hex.EncodeToString(f.MAC("passkey-nobody", []byte(canonical))[:16])
}

func (f *Factor) byAddress(ctx context.Context, canonical string) (account.User, []factor.Passkey, error) {
	u, err := f.Store.UserByEmail(ctx, canonical)
	if err != nil && fault.Of(err) != fault.CodeNotFound {
		return u, nil, err
	}
	if u.Disabled() {
		u = account.User{}
	}
	// The second look-up is made for everybody, at the same cost.
	keys, err := f.Store.Passkeys(ctx, u.ID)
	return u, keys, err
}

// BeginVerify returns the options for a further factor of a sign-in under way, or
// for a step-up inside a session. A step-up asks the authenticator to check the
// person unless the user has a key that cannot (WA-06).
func (f *Factor) BeginVerify(ctx context.Context, s factor.Subject) (any, error) {
	keys, err := f.Store.Passkeys(ctx, s.UserID)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, fault.New(fault.CodeNotFound).WithDetail("This account has no passkey.")
	}
	want := protocol.VerificationRequired
	for _, k := range keys {
		if s.SessionID == "" || !k.UVInitialized {
			want = protocol.VerificationPreferred
		}
	}
	return f.begin(ctx, verifying, s, descriptors(keys), want)
}

func (f *Factor) begin(ctx context.Context, c ceremony, s factor.Subject, allowed []protocol.CredentialDescriptor, want protocol.UserVerificationRequirement) (any, error) {
	challenge, err := f.challenge()
	if err != nil {
		return nil, err
	}
	options, session, err := f.rp.BeginDiscoverableLogin(
		webauthn.WithChallenge(challenge), webauthn.WithAllowedCredentials(allowed), webauthn.WithUserVerification(want),
	)
	if err != nil {
		return nil, err
	}
	return options.Response, f.ask(ctx, c, s, session)
}

// FinishLogin verifies what navigator.credentials.get() answered to BeginLogin.
// It returns whose passkey it is; the user is known even beside an error where
// the credential was.
func (f *Factor) FinishLogin(ctx context.Context, response []byte) (userID string, p proof.Proof, err error) {
	k, verified, err := f.assert(ctx, signingIn, factor.Subject{}, response)
	f.observe(signingIn, err)
	if err != nil {
		return k.UserID, proof.Proof{}, err
	}
	return k.UserID, proofOf(k, verified), nil
}

// Check verifies what navigator.credentials.get() answered to BeginVerify, once.
func (f *Factor) Check(ctx context.Context, s factor.Subject, answer string) (proof.Proof, error) {
	k, verified, err := f.assert(ctx, verifying, s, []byte(answer))
	f.observe(verifying, err)
	if err != nil {
		return proof.Proof{}, err
	}
	return proofOf(k, verified), nil
}

// assert verifies an assertion and keeps what it said. verified tells whether
// the authenticator checked the person and that counts.
func (f *Factor) assert(ctx context.Context, c ceremony, s factor.Subject, response []byte) (k factor.Passkey, verified bool, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return k, false, unfit("unreadable")
	}
	session, userID, err := f.answered(ctx, c, s, parsed.Response.CollectedClientData.Challenge)
	if err != nil {
		return k, false, err
	}
	if err := f.checkClient(parsed.Raw.AssertionResponse.ClientDataJSON, protocol.AssertCeremony); err != nil {
		return k, false, err
	}
	data := parsed.Response.AuthenticatorData
	if err := f.checkAuthenticator(data); err != nil {
		return k, false, err
	}
	if k, err = f.Store.PasskeyByCredential(ctx, parsed.RawID); err != nil {
		if fault.Of(err) == fault.CodeNotFound {
			err = unknown()
		}
		return k, false, err
	}
	u, err := f.owner(ctx, k, userID, parsed.Response.UserHandle)
	if err != nil {
		return k, false, err
	}
	if k.Synced != data.Flags.HasBackupEligible() {
		return k, false, unfit("backup_flags")
	}
	if !fitKey(k.PublicKey) {
		return k, false, unproved("public_key")
	}
	session.UserID = u.Handle
	if _, err := f.rp.ValidateLogin(holder{u, []factor.Passkey{k}}, only(session, k), parsed); err != nil {
		return k, false, invalid(err, session, data)
	}
	verified, err = f.use(ctx, u, k, s, data)
	return k, verified, err
}

// owner finds the user of a passkey: the one that was asked, where somebody was,
// and the one the authenticator names, where it names one; where nobody was
// asked it must (WA-10).
func (f *Factor) owner(ctx context.Context, k factor.Passkey, asked string, handle []byte) (account.User, error) {
	if asked != "" && asked != k.UserID {
		return account.User{}, unproved("other_user")
	}
	u, err := f.Store.UserByID(ctx, k.UserID)
	if err != nil {
		return u, err
	}
	switch {
	case asked == "" && len(handle) == 0:
		return u, unfit("user_handle")
	case len(handle) > 0 && subtle.ConstantTimeCompare(handle, u.Handle) != 1:
		return u, unproved("user_handle")
	}
	return u, nil
}

// only narrows the list of allowed keys to the one that answered, if it was on
// the list; go-webauthn refuses the others.
func only(session webauthn.SessionData, k factor.Passkey) webauthn.SessionData {
	for _, id := range session.AllowedCredentialIDs {
		if string(id) == string(k.CredentialID) {
			session.AllowedCredentialIDs = [][]byte{id}
		}
	}
	return session
}

// invalid tells a missing check of the person, which the person can mend, from a
// signature that is not the passkey's.
func invalid(err error, session webauthn.SessionData, d protocol.AuthenticatorData) error {
	if session.UserVerification == protocol.VerificationRequired && !d.Flags.HasUserVerified() {
		return factor.Wrong{Reason: "user_verification", Answer: fault.New(fault.CodeUserVerification)}
	}
	var p *protocol.Error
	if errors.As(err, &p) && p.Type == protocol.ErrAssertionSignature.Type {
		return unproved("signature")
	}
	return unproved("assertion")
}

// use keeps what an assertion said, and refuses a key whose counter shows that
// there are two of it (WA-11).
func (f *Factor) use(ctx context.Context, u account.User, k factor.Passkey, s factor.Subject, d protocol.AuthenticatorData) (verified bool, err error) {
	verified = d.Flags.HasUserVerified()
	initialize := verified && !k.UVInitialized && otherFactor(s.Proofs)
	touched, err := f.Store.UsePasskey(ctx, factor.PasskeyUse{
		ID: k.ID, UserID: k.UserID, SignCount: d.Counter, BackedUp: d.Flags.HasBackupState(), InitializeUV: initialize, At: f.Clock(),
	})
	if err != nil {
		return false, err
	}
	if !touched {
		return false, f.copied(ctx, u, k)
	}
	return verified && (k.UVInitialized || initialize), nil
}

// otherFactor reports whether what was proved beside the passkey makes two
// factors with it, so that a check of the person may count from now on (WA-12).
func otherFactor(proofs []proof.Proof) bool {
	all := []proof.Proof{{Method: proof.Passkey}}
	for _, p := range proofs {
		if p.Method != proof.Passkey && !p.Mailbox {
			all = append(all, p)
		}
	}
	return proof.LevelOf(all) >= proof.AAL2
}

// copied tells the user that a key was refused, and everybody who reads the
// audit log.
func (f *Factor) copied(ctx context.Context, u account.User, k factor.Passkey) error {
	e := audit.New(ctx, f.Clock(), audit.FactorFail, audit.Failure, u.ID)
	e.Factor, e.Reason, e.Details = string(proof.Passkey), "counter_not_risen", map[string]string{"passkey": k.ID}
	defer f.Nudge()
	if err := f.Store.Record(ctx, audit.Of(e).Telling(message.ToMail(message.PasskeyCloned, u.ID, u.Email))); err != nil {
		return err
	}
	return unproved("counter")
}

// observe counts how a ceremony ended.
func (f *Factor) observe(c ceremony, err error) {
	result, wrong := "success", factor.Wrong{}
	switch {
	case errors.As(err, &wrong):
		result = wrong.Reason
	case err != nil:
		result = "error"
	}
	f.Observe(string(c), result)
}
