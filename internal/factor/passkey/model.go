package passkey

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
)

// checkModel refuses a new key that does not prove to be of an allowed model
// (WA-15). Without a list every model will do. The attestation's own signature
// was verified before.
func (f *Factor) checkModel(o protocol.AttestationObject) error {
	if len(f.Models) == 0 {
		return nil
	}
	refusal := factor.Wrong{Reason: "model", Answer: fault.New(fault.CodeForbidden).
		WithDetail("This server accepts only certain models of authenticators; use one that your organisation hands out.")}
	model, err := uuid.FromBytes(o.AuthData.AttData.AAGUID)
	if err != nil || !slices.Contains(f.Models, model.String()) {
		return refusal
	}
	// An attestation by the key itself, or by nobody, proves no model.
	if !slices.Contains([]string{string(metadata.BasicFull), string(metadata.AttCA), string(metadata.AnonCA)}, o.Type) {
		return refusal
	}
	if err := f.checkChain(o.AttStatement["x5c"]); err != nil {
		return refusal
	}
	return nil
}

// checkChain refuses certificates that do not lead to one of the operator's.
// Nothing is fetched, whatever they name.
func (f *Factor) checkChain(x5c any) error {
	list, _ := x5c.([]any)
	if len(list) == 0 {
		return errors.New("passkey: an attestation without a certificate")
	}
	var leaf *x509.Certificate
	o := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: f.Clock(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	for _, item := range list {
		raw, _ := item.([]byte)
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			return err
		}
		if leaf == nil {
			leaf = c
			continue
		}
		o.Intermediates.AddCert(c)
	}
	for _, c := range f.Anchors {
		o.Roots.AddCert(c)
	}
	// The certificate of a TPM names it in a critical extension that crypto/x509
	// does not read; go-webauthn has checked it.
	leaf.UnhandledCriticalExtensions = slices.DeleteFunc(leaf.UnhandledCriticalExtensions, func(id asn1.ObjectIdentifier) bool {
		return id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17})
	})
	_, err := leaf.Verify(o)
	return err
}
