package passkey

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
)

// checkModel refuses a new key that does not prove to be of an allowed model
// (WA-15). Without a list every model will do.
func (f *Factor) checkModel(c *webauthn.Credential) error {
	if len(f.Models) == 0 {
		return nil
	}
	refusal := factor.Wrong{Reason: "model", Answer: fault.New(fault.CodeForbidden).
		WithDetail("This server accepts only certain models of authenticators; use one that your organisation hands out.")}
	model, err := uuid.FromBytes(c.Authenticator.AAGUID)
	if err != nil || !slices.Contains(f.Models, model.String()) {
		return refusal
	}
	// An attestation by the key itself, or by nobody, proves no model.
	if !slices.Contains([]string{string(metadata.BasicFull), string(metadata.AttCA), string(metadata.AnonCA)}, c.AttestationType) {
		return refusal
	}
	if err := c.Verify(anchors(f.Anchors), f.rp.Config.Attestation, f.rp.Config.Signature); err != nil {
		return refusal
	}
	return nil
}

// anchors gives go-webauthn the operator's certificates for every model: nothing
// is fetched, whatever an attestation says.
type anchors []*x509.Certificate

// GetEntry returns an entry with the operator's certificates for any model.
func (a anchors) GetEntry(_ context.Context, aaguid uuid.UUID) (*metadata.Entry, error) {
	return &metadata.Entry{
		AaGUID:            aaguid,
		MetadataStatement: metadata.Statement{AaGUID: aaguid, AttestationRootCertificates: a},
	}, nil
}

// GetValidateEntry demands that there is an entry.
func (anchors) GetValidateEntry(context.Context) bool { return true }

// GetValidateEntryPermitZeroAAGUID refuses keys that do not name their model.
func (anchors) GetValidateEntryPermitZeroAAGUID(context.Context) bool { return false }

// GetValidateTrustAnchor demands that the chain leads to a certificate of ours.
func (anchors) GetValidateTrustAnchor(context.Context) bool { return true }

// GetValidateStatus is false: status reports would have to be fetched.
func (anchors) GetValidateStatus(context.Context) bool { return false }

// GetValidateAttestationTypes is false: checkModel did it.
func (anchors) GetValidateAttestationTypes(context.Context) bool { return false }

// ValidateStatusReports is never asked.
func (anchors) ValidateStatusReports(context.Context, []metadata.StatusReport) error { return nil }
