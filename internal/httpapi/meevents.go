package httpapi

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
)

// ownEventBody is a row of the audit log as the person sees it whom it is about.
type ownEventBody struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Name      string    `json:"name" doc:"In the words of the OWASP logging vocabulary."`
	Result    string    `json:"result" enum:"success,failure"`
	Reason    string    `json:"reason,omitempty"`
	By        string    `json:"by" enum:"you,admin,system,anonymous" doc:"Who did it. Which administrator is not told."`
	Factor    string    `json:"factor,omitempty"`
	SessionID string    `json:"session_id,omitempty"`
	IP        string    `json:"ip,omitempty"`
	UserAgent string    `json:"user_agent,omitempty"`
}

func ownEventOf(e audit.Event, self string) ownEventBody {
	b := ownEventBody{
		ID: e.ID, At: e.At, Name: string(e.Name), Result: string(e.Result), Reason: e.Reason, By: e.ActorKind,
		Factor: e.Factor, SessionID: e.SessionID, IP: e.Origin.ClientIP, UserAgent: e.Origin.UserAgent,
	}
	switch {
	case e.ActorKind == "user" && e.ActorID == self:
		b.By = "you"
	case e.ActorKind == "admin", e.ActorKind == "system":
		b.IP, b.UserAgent, b.SessionID = "", "", "" // those of somebody else
	default:
		b.By = "anonymous"
	}
	return b
}

type ownEventsOutput struct {
	Body struct {
		Events []ownEventBody `json:"events"`
		Next   string         `json:"next,omitempty" doc:"after of the next page; absent on the last."`
	} `nameHint:"OwnEvents"`
}

func (h resources) listEvents(ctx context.Context, in *Page) (*ownEventsOutput, error) {
	self := caller(ctx).Subject
	rows, err := h.Server.FindAudit(ctx, audit.Filter{TargetID: self, Before: in.After}, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &ownEventsOutput{}
	out.Body.Events = make([]ownEventBody, 0, len(rows))
	out.Body.Next = next(*in, rows, func(r audit.Record) string { return r.Event.ID })
	for _, r := range rows {
		out.Body.Events = append(out.Body.Events, ownEventOf(r.Event, self))
	}
	return out, nil
}

// exportedEvents is how many events a copy of one's data holds at the most, the
// newest.
const exportedEvents = 10_000

type exportOutput struct {
	Disposition string `header:"Content-Disposition"`
	Body        struct {
		At              time.Time      `json:"at" doc:"When the copy was made."`
		User            UserBody       `json:"user"`
		Factors         []factorBody   `json:"factors"`
		BackupCodesLeft int            `json:"backup_codes_left"`
		Passkeys        []passkeyBody  `json:"passkeys"`
		Accounts        []linkedBody   `json:"accounts"`
		Sessions        []SessionBody  `json:"sessions"`
		Devices         []deviceBody   `json:"devices"`
		Events          []ownEventBody `json:"events" doc:"The newest ten thousand, newest first."`
	} `nameHint:"OwnData"`
}

// exportMe copies what is kept about the caller. Secrets stay behind: they would
// let whoever finds the copy in.
func (h resources) exportMe(ctx context.Context, _ *struct{}) (*exportOutput, error) {
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	p, err := h.showPerson(ctx, u.ID, caller(ctx).SessionID)
	if err != nil {
		return nil, err
	}
	devices, err := h.listDevices(ctx, nil)
	if err != nil {
		return nil, err
	}
	events, err := h.listEvents(ctx, &Page{Limit: exportedEvents})
	if err != nil {
		return nil, err
	}
	out := &exportOutput{Disposition: `attachment; filename="account.json"`}
	b := &out.Body
	b.At, b.User, b.Factors, b.BackupCodesLeft = h.Clock().UTC(), userOf(account.ProfileOf(u)), p.Factors, p.BackupCodesLeft
	b.Passkeys, b.Accounts, b.Sessions, b.Devices, b.Events = p.Passkeys, p.Accounts, p.Sessions, devices.Body.Devices, events.Body.Events
	return out, nil
}
