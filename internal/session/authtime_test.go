package session_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

func TestAuthTimeIgnoresWeakProofs(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	password := proof.Proof{Method: proof.Password, At: noon}
	for _, later := range []proof.Proof{{Method: proof.Email, Mailbox: true}, {Method: proof.Device}} {
		later.At = noon.Add(time.Hour)
		n := session.Session{Level: proof.AAL1, Proofs: []proof.Proof{password, later}}
		if got := n.AuthTime(); !got.Equal(noon) {
			t.Errorf("MF-05 a later %s: got auth_time %v, want %v", later.Method, got, noon)
		}
	}
}
