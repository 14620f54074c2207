package enrolment

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/message"
)

// notices tells the user about a change of a factor by mail and by SMS to every
// confirmed number in phones (AU-07): whoever holds one channel alone cannot
// change factors unnoticed. data are the kind's own words.
func (s *Service) notices(ctx context.Context, u account.User, k message.Kind, data map[string]string, phones []factor.Enrolment) []message.Outgoing {
	data = occasion(ctx, s.Clock(), data)
	mail := message.ToMail(k, u.ID, u.Email)
	mail.Data = data
	out := []message.Outgoing{mail}
	for _, e := range phones {
		if e.Phone == "" || !e.Enabled || !s.MayText(ctx, u.ID, e.Phone) {
			continue
		}
		sms := message.ToPhone(k, u.ID, e.Phone)
		sms.Data = data
		out = append(out, sms)
	}
	return out
}

// occasion adds when and from where.
func occasion(ctx context.Context, now time.Time, data map[string]string) map[string]string {
	out := map[string]string{"at": now.UTC().Format("2 January 2006, 15:04 MST"), "ip": audit.OriginOf(ctx).ClientIP}
	for k, v := range data {
		out[k] = v
	}
	return out
}
