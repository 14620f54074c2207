package passkey

import (
	"bytes"
	"context"
	"crypto/rsa"
	"math/big"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/rsakey"
)

// maxCredentialID is the longest credential id, in bytes (WA-09).
const maxCredentialID = 1023

// BeginRegistration returns the options of navigator.credentials.create() as the
// browser parses them (PublicKeyCredentialCreationOptionsJSON). Whether the
// subject may add a passkey was decided by the caller.
func (f *Factor) BeginRegistration(ctx context.Context, s factor.Subject, u account.User) (any, error) {
	keys, err := f.Store.Passkeys(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	challenge, err := f.challenge()
	if err != nil {
		return nil, err
	}
	attestation := protocol.PreferNoAttestation
	if len(f.Models) > 0 {
		attestation = protocol.PreferDirectAttestation
	}
	options, session, err := f.rp.BeginRegistration(holder{u, keys},
		func(o *protocol.PublicKeyCredentialCreationOptions) error { o.Challenge = challenge; return nil },
		webauthn.WithCredentialParameters(algorithms()),
		webauthn.WithExclusions(descriptors(keys)),
		webauthn.WithConveyancePreference(attestation),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		}),
		webauthn.WithExtensions(webauthn.WithExtensionCredProps()),
	)
	if err != nil {
		return nil, err
	}
	return options.Response, f.ask(ctx, registering, s, session)
}

// FinishRegistration verifies what navigator.credentials.create() answered, as
// JSON. It returns the passkey, which the caller stores, and the proof that comes
// with it.
func (f *Factor) FinishRegistration(ctx context.Context, s factor.Subject, u account.User, response []byte) (factor.Passkey, proof.Proof, error) {
	p, err := f.register(ctx, s, u, response)
	f.observe(registering, err)
	if err != nil {
		return factor.Passkey{}, proof.Proof{}, err
	}
	return p, proofOf(p, p.UVInitialized), nil
}

func (f *Factor) register(ctx context.Context, s factor.Subject, u account.User, response []byte) (factor.Passkey, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return factor.Passkey{}, unfit("unreadable")
	}
	session, _, err := f.answered(ctx, registering, s, parsed.Response.CollectedClientData.Challenge)
	if err != nil {
		return factor.Passkey{}, err
	}
	if err := f.checkClient(parsed.Raw.AttestationResponse.ClientDataJSON, protocol.CreateCeremony); err != nil {
		return factor.Passkey{}, err
	}
	object := &parsed.Response.AttestationObject
	if err := f.checkAuthenticator(object.AuthData); err != nil {
		return factor.Passkey{}, err
	}
	if n := len(object.AuthData.AttData.CredentialID); n == 0 || n > maxCredentialID {
		return factor.Passkey{}, unfit("credential_id")
	}
	if len(f.Models) == 0 {
		// Nobody asked where the key comes from, so what it says about that is not
		// believed, and certificates from outside are not even parsed.
		object.Format, object.AttStatement, object.SubStatements = "none", nil, nil
	}
	if !fitKey(object.AuthData.AttData.CredentialPublicKey) {
		return factor.Passkey{}, unfit("public_key")
	}
	c, err := f.rp.CreateCredential(holder{user: u}, session, parsed)
	if err != nil {
		return factor.Passkey{}, unfit("attestation")
	}
	if err := f.checkModel(*object); err != nil {
		return factor.Passkey{}, err
	}
	return f.passkeyOf(u, c), nil
}

// fitKey tells whether a key can be used later: of a known curve and on it, or
// RSA that is neither weak nor so large that every sign-in with it is a burden.
func fitKey(cose []byte) bool {
	parsed, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return false
	}
	k, isRSA := parsed.(webauthncose.RSAPublicKeyData)
	if !isRSA {
		return true
	}
	e, err := webauthncose.ParseRSAPublicKeyDataExponent(&k)
	return err == nil && rsakey.Check(&rsa.PublicKey{N: new(big.Int).SetBytes(k.Modulus), E: e}) == nil
}

func (f *Factor) passkeyOf(u account.User, c *webauthn.Credential) factor.Passkey {
	model, err := uuid.FromBytes(c.Authenticator.AAGUID)
	if err != nil {
		model = uuid.Nil
	}
	p := factor.Passkey{
		ID: ident.New(), UserID: u.ID, CredentialID: bytes.Clone(c.ID), PublicKey: bytes.Clone(c.PublicKey),
		SignCount: c.Authenticator.SignCount, Synced: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState,
		UVInitialized: c.Flags.UserVerified, AAGUID: model.String(), Transports: cleanTransports(c.Transport),
		CreatedAt: f.Clock(),
	}
	if p.Name = p.Authenticator(); p.Name == "" {
		p.Name = "Passkey"
	}
	return p
}

// proofOf is what using a passkey shows. verified tells whether the authenticator
// checked the person, and that this counts.
func proofOf(p factor.Passkey, verified bool) proof.Proof {
	return proof.Proof{Method: proof.Passkey, Ref: p.ID, UserVerified: verified, DeviceBound: !p.Synced}
}
