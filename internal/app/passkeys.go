package app

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/factor/passkey"
)

// openPasskeys builds the ceremonies; nil where this run can have none.
func (a *App) openPasskeys() (*passkey.Factor, error) {
	w := a.cfg.WebAuthn
	if !w.Usable() {
		return nil, nil
	}
	anchors, err := readAnchors(w.TrustAnchors)
	if err != nil {
		return nil, fmt.Errorf("WEBAUTHN_TRUST_ANCHORS: %w", err)
	}
	ceremonies := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sallyport_passkey_ceremonies_total", Help: "Finished passkey ceremonies, by ceremony and result: success, or the reason of the refusal.",
	}, []string{"ceremony", "result"})
	if err := a.metrics.Register(ceremonies); err != nil {
		return nil, err
	}
	strays := w.Strays()
	origins := slices.DeleteFunc(slices.Clone(w.Origins), func(o string) bool { return slices.Contains(strays, o) })
	return passkey.New(passkey.Settings{
		RPID: w.RPID, RPName: w.RPName, Origins: append(origins, w.Related...), Apps: w.Apps, Models: w.Models, Anchors: anchors,
	}, passkey.Parts{
		Store: a.Store, Clock: a.clock, MAC: a.keyring.MAC, Nudge: a.outbox.Nudge,
		Observe: func(ceremony, result string) { ceremonies.WithLabelValues(ceremony, result).Inc() },
	})
}

// readAnchors reads the certificates of a PEM file; none for "".
func readAnchors(path string) ([]*x509.Certificate, error) {
	if path == "" {
		return nil, nil
	}
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errors.New("the file holds no certificate")
	}
	return out, nil
}
