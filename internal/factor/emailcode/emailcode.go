package emailcode

import (
	"context"

	"github.com/sallyport/sallyport/internal/challenge"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
)

// Factor sends and checks codes by e-mail.
type Factor struct {
	Codes challenge.Codes
	// Allow counts a mail to that user and refuses too many.
	Allow func(ctx context.Context, userID string) error
}

// Method names the factor.
func (Factor) Method() proof.Method { return proof.Email }

// Send queues a code to the enrolment's address, as factor.Sender describes.
func (f Factor) Send(ctx context.Context, s factor.Subject, to factor.Enrolment) (factor.Sent, error) {
	if err := f.Allow(ctx, s.UserID); err != nil {
		return factor.Sent{}, err
	}
	sent, _, err := f.Codes.Issue(ctx, s, to, message.ToMail(message.Code, s.UserID, to.Email), challenge.Issue{})
	return sent, err
}

// Asked is what factor.Sender describes.
func (f Factor) Asked(ctx context.Context, s factor.Subject) (string, error) {
	return f.Codes.Asked(ctx, s)
}

// Check spends the right answer to the subject's live code. The proof rests on
// the mailbox.
func (f Factor) Check(ctx context.Context, s factor.Subject, answer string) (proof.Proof, error) {
	id, err := f.Codes.Check(ctx, s, answer)
	if err != nil {
		return proof.Proof{}, err
	}
	return proof.Proof{Method: proof.Email, Ref: id, Mailbox: true}, nil
}
