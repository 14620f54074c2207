package smscode

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/challenge"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/phone"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/toll"
)

// Factor sends and checks codes by SMS.
type Factor struct {
	Codes  challenge.Codes
	Budget toll.Budget
	// Observe is told of every verdict, for metrics and the alarm. It must not
	// block.
	Observe func(toll.Verdict)
}

// Method names the factor.
func (Factor) Method() proof.Method { return proof.SMS }

// Send queues a code to the enrolment's number, as factor.Sender describes. A
// number of a country that is not allowed is fault.CodeInvalidRequest, an open
// breaker fault.CodeUnavailable.
func (f Factor) Send(ctx context.Context, s factor.Subject, to factor.Enrolment) (factor.Sent, error) {
	number, err := phone.Parse(to.Phone, "")
	if err != nil {
		return factor.Sent{}, refusal(err)
	}
	send := toll.Send{
		Number: toll.NumberOf(number.E164), Country: number.Country, UserID: s.UserID,
		IPPrefix: audit.OriginOf(ctx).Prefix, Known: to.Enabled,
	}
	sent, v, err := f.Codes.Issue(ctx, s, to, message.ToPhone(message.Code, s.UserID, number.E164), challenge.Issue{
		Send: &send, Budget: f.Budget, Alarm: f.alarm(ctx),
	})
	if err != nil {
		return sent, err
	}
	f.Observe(v)
	if v.Reason == toll.Allowed {
		return sent, nil
	}
	return sent, f.refused(ctx, s, send, v)
}

// refusal tells a person what is wrong with a number.
func refusal(err error) error {
	var p *phone.Problem
	if errors.As(err, &p) {
		return fault.InvalidField("phone", p.Message, p.Code)
	}
	return err
}

// alarm is what stays when the breaker trips.
func (f Factor) alarm(ctx context.Context) audit.Trail {
	e := audit.New(ctx, f.Codes.Clock(), audit.SystemAlarm, audit.Failure, "")
	e.ActorKind, e.Factor, e.Reason = "system", string(proof.SMS), "sms_breaker_open"
	return audit.Of(e)
}

// refused writes a refusal into the audit log and says it to the caller. Signs of
// pumping are told to the audit log only.
func (f Factor) refused(ctx context.Context, s factor.Subject, send toll.Send, v toll.Verdict) error {
	e := audit.New(ctx, send.At, audit.RateLimitExceeded, audit.Failure, s.UserID)
	e.Factor, e.SessionID, e.Reason = string(proof.SMS), s.SessionID, "sms_"+string(v.Reason)
	e.Details = map[string]string{"country": send.Country}
	if err := f.Codes.Store.Record(ctx, audit.Of(e)); err != nil {
		return err
	}
	switch v.Reason {
	case toll.Country:
		return fault.InvalidField("phone", "Codes cannot be sent to numbers of this country.", "country_not_allowed")
	case toll.Breaker:
		return fault.New(fault.CodeUnavailable).WithRetryAfter(v.Wait).WithDetail("No SMS can be sent at the moment; use another factor or try again later.")
	default:
		return fault.New(fault.CodeRateLimited).WithRetryAfter(v.Wait)
	}
}

// Asked is what factor.Sender describes.
func (f Factor) Asked(ctx context.Context, s factor.Subject) (string, error) {
	return f.Codes.Asked(ctx, s)
}

// Check spends the right answer to the subject's live code.
func (f Factor) Check(ctx context.Context, s factor.Subject, answer string) (proof.Proof, error) {
	id, err := f.Codes.Check(ctx, s, answer)
	if err != nil {
		return proof.Proof{}, err
	}
	return proof.Proof{Method: proof.SMS, Ref: id}, nil
}
