package httpapi

import (
	"context"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/signin"
)

type smsSendInput struct {
	Body *struct {
		Phone string `json:"phone,omitempty" maxLength:"64" doc:"A number to set up, with its country code: +1 415 555 0132. Leave it out to get a code at a number that is set up."`
		Name  string `json:"name,omitempty" maxLength:"200" doc:"With phone: the person's own word for it."`
		ID    string `json:"id,omitempty" maxLength:"64" doc:"Without phone: which number, where several are set up."`
	} `required:"false"`
}

// sentOutput says that a code is on its way. It is queued, not sent: the answer
// comes as fast whatever the carrier does.
type sentOutput struct {
	Body struct {
		Status    string `json:"status" enum:"queued"`
		Hint      string `json:"hint" doc:"Where to, masked."`
		ExpiresIn int    `json:"expires_in" doc:"Seconds the code works."`
	} `nameHint:"CodeSent"`
}

func sent(s factor.Sent, err error) (*sentOutput, error) {
	out := &sentOutput{}
	out.Body.Status, out.Body.Hint, out.Body.ExpiresIn = "queued", s.Hint, int(s.ExpiresIn.Seconds())
	return out, err
}

// subject is whom a code is sent to or asked of: a sign-in under way or an open
// session.
func subject(ctx context.Context) factor.Subject {
	if a, ok := DetailOf[signin.Attempt](ctx); ok {
		return factor.Subject{UserID: a.UserID, AttemptID: a.Hash}
	}
	c := caller(ctx)
	return factor.Subject{UserID: c.Subject, SessionID: c.SessionID}
}

// sendSMS sends a code to a number that is to be set up, or to one that is.
func (h resources) sendSMS(ctx context.Context, in *smsSendInput) (*sentOutput, error) {
	if in.Body != nil && in.Body.Phone != "" {
		return sent(h.beginPhone(ctx, in.Body.Phone, in.Body.Name))
	}
	if a, ok := DetailOf[signin.Attempt](ctx); ok && a.Enrol {
		return nil, fault.InvalidField("phone", "Write the number to set up, with its country code.", "required")
	}
	id := ""
	if in.Body != nil {
		id = in.Body.ID
	}
	return sent(h.sendHeld(ctx, proof.SMS, id))
}

func (h resources) beginPhone(ctx context.Context, number, name string) (factor.Sent, error) {
	u, err := h.setter(ctx, proof.SMS)
	if err != nil {
		return factor.Sent{}, err
	}
	e, err := h.Enrolment.NewPhone(ctx, u, number, name)
	if err != nil {
		return factor.Sent{}, err
	}
	return h.sendPending(ctx, e)
}

// sendEmail sends a code to the account's mailbox: for a factor that is set up,
// or to set it up.
func (h resources) sendEmail(ctx context.Context, _ *struct{}) (*sentOutput, error) {
	a, signingIn := DetailOf[signin.Attempt](ctx)
	if signingIn && !a.Enrol {
		return sent(h.sendHeld(ctx, proof.Email, ""))
	}
	if !signingIn {
		_, err := h.Enrolment.Address(ctx, caller(ctx).Subject, proof.Email, "")
		if err == nil {
			return sent(h.sendHeld(ctx, proof.Email, ""))
		}
		if fault.Of(err) != fault.CodeNotFound {
			return nil, err
		}
	}
	u, err := h.setter(ctx, proof.Email)
	if err != nil {
		return nil, err
	}
	e, err := h.Enrolment.NewMail(ctx, u)
	if err != nil {
		return nil, err
	}
	return sent(h.sendPending(ctx, e))
}

// setter is who sets a factor of that method up, if they may. A sign-in that was
// told to set one up is asked again: its user may have done so elsewhere since.
func (h resources) setter(ctx context.Context, m proof.Method) (account.User, error) {
	u, err := h.enrollee(ctx)
	if err != nil {
		return u, err
	}
	if err := h.mayEnrol(ctx, u); err != nil {
		return u, err
	}
	if a, ok := DetailOf[signin.Attempt](ctx); ok {
		return u, h.SignIn.MaySetUp(ctx, a, m)
	}
	return u, nil
}

func (h resources) sendPending(ctx context.Context, e factor.Enrolment) (factor.Sent, error) {
	s := subject(ctx)
	s.Confirm = e.ID
	return h.SignIn.SendTo(ctx, s, e)
}

// sendHeld sends a code to a factor that counts.
func (h resources) sendHeld(ctx context.Context, m proof.Method, id string) (factor.Sent, error) {
	if a, ok := DetailOf[signin.Attempt](ctx); ok {
		return h.SignIn.Send(ctx, a, m, id)
	}
	c := caller(ctx)
	return h.SignIn.SendStepUp(ctx, c.Subject, c.SessionID, m, id)
}

// verifySent takes a code that was sent. What it was sent for decides what it
// does: confirm a factor, finish a sign-in, or raise a session.
func (h resources) verifySent(m proof.Method) func(context.Context, *codeInput) (*signInOutput, error) {
	return func(ctx context.Context, in *codeInput) (*signInOutput, error) {
		id, err := h.SignIn.Asked(ctx, subject(ctx), m)
		if err != nil {
			return nil, err
		}
		if id == "" {
			return h.verifyWith(m)(ctx, in)
		}
		return h.confirmSent(ctx, in, m, id)
	}
}

// confirmSent makes a phone number or mailbox count. The code is also a proof:
// it raises the session, or finishes the sign-in that had to set a factor up.
func (h resources) confirmSent(ctx context.Context, in *codeInput, m proof.Method, id string) (*signInOutput, error) {
	u, err := h.setter(ctx, m)
	if err != nil {
		return nil, err
	}
	s := subject(ctx)
	s.Confirm = id
	p, err := h.SignIn.ProvePending(ctx, u, s, m, in.Body.Code)
	if err != nil {
		return nil, err
	}
	codes, err := h.Enrolment.Confirm(ctx, s, u, m, id)
	if err != nil {
		return nil, err
	}
	out, err := h.advance(ctx, in.Client, u, p)
	if err != nil {
		return nil, err
	}
	out.Body.BackupCodes = codes
	return out, nil
}
