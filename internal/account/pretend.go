package account

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
)

// pretend does for a request that mails nothing what is done for one that mails a
// link, so that the answer takes as long (RC-01): it stores a link, whose token
// nobody knows, and queues a message that goes nowhere. userID is empty for an
// address that has no account.
func (s *Service) pretend(ctx context.Context, userID, address string, kind onetime.Kind, life time.Duration, reason string) error {
	defer s.Nudge()
	now := s.Clock()
	e := audit.New(ctx, now, audit.RecoveryStarted, audit.Failure, userID)
	e.Reason = reason
	if userID == "" {
		userID = s.UnknownSubject(CanonicalOrRaw(address))
	}
	_, hash := opaque.New(opaque.PasswordReset)
	tok := onetime.Token{Kind: kind, Hash: hash, UserID: userID, Data: linkData("", ""), CreatedAt: now, ExpiresAt: now.Add(life)}
	filler, _ := opaque.New(opaque.PasswordReset) // of another token: what is queued opens nothing
	m := withLink(message.ToMail(message.Nothing, "", ""), s.Links.Reset, filler, tok.ExpiresAt)
	return s.Store.ReplaceOneTime(ctx, tok, audit.Of(e).Telling(m))
}
