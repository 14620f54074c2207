package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/statistics"
	"github.com/sallyport/sallyport/internal/token"
)

// Server is what administrators see and do that is about the server, not about
// people.
type Server interface {
	// Settings are those in force, secrets hidden.
	Settings() []SettingGroup
	// SigningKeys lists them, oldest first.
	SigningKeys(ctx context.Context) ([]token.Key, error)
	// RotateKeys makes the next signing key ahead of its time.
	RotateKeys(ctx context.Context, by account.Actor) error
	// Statistics is what happened on all nodes, one point a step.
	Statistics(ctx context.Context, from, to time.Time, step time.Duration) ([]statistics.Point, error)
	Outbox
	AuditLog
}

// Outbox is the table of messages, without recipients and words.
type Outbox interface {
	OutboxCounts(ctx context.Context) (message.Counts, error)
	// Messages lists those older than before; empty: the newest.
	Messages(ctx context.Context, in message.State, before string, limit int) ([]message.Entry, error)
	RetryMessage(ctx context.Context, id string, by account.Actor) error
	DropMessage(ctx context.Context, id string, by account.Actor) error
}

// AuditLog reads the record of what happened.
type AuditLog interface {
	FindAudit(ctx context.Context, f audit.Filter, limit int) ([]audit.Record, error)
	SealedAudit(ctx context.Context, after int64, limit int) ([]audit.Record, error)
	VerifyAudit(ctx context.Context) (audit.Verdict, error)
	// TellAudit writes that somebody took a copy of it.
	TellAudit(ctx context.Context, by account.Actor) error
}

// SettingGroup is one block of settings.
type SettingGroup struct {
	Title    string    `json:"title"`
	Settings []Setting `json:"settings"`
}

// Setting is one setting as it is in force.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value" doc:"A placeholder for a secret."`
	Source string `json:"source" doc:"environment, env file or default."`
	Secret bool   `json:"secret"`
	Help   string `json:"help"`
}

// adminServer is the part about the server.
func (h resources) adminServer(a *API, read readRoute, change changeRoute) {
	Register(a, read("/settings", "listSettings", "The settings in force", "Secrets are hidden. They are changed in the environment of the server."), asAdmin(h, h.listSettings))
	Register(a, read("/providers", "listAdminProviders", "Identity providers", "With the redirect address to enter at the provider."), asAdmin(h, h.listAdminProviders))
	Register(a, read("/keys", "listKeys", "Signing keys", ""), asAdmin(h, h.listKeys))
	Register(a, change(http.MethodPost, "/keys/rotate", "rotateKeys", "Make the next signing key now", "It signs once every backend has had the time to read it; the old one stays valid until its last token has expired.", 0, fault.CodeConflict), asAdmin(h, h.rotateKeys))
	Register(a, read("/outbox", "listOutbox", "Messages on their way", "Without recipients and words, newest first."), asAdmin(h, h.listOutbox))
	Register(a, change(http.MethodPost, "/outbox/{id}/retry", "retryMessage", "Try a dead message again", "", 204, fault.CodeNotFound), asAdmin(h, h.retryMessage))
	Register(a, change(http.MethodDelete, "/outbox/{id}", "dropMessage", "Delete a dead or waiting message", "", 204, fault.CodeNotFound), asAdmin(h, h.dropMessage))
	Register(a, read("/statistics", "statistics", "What happened over time", "Sign-ins, failures, connections and the time from revoking to closing, on all nodes together."), asAdmin(h, h.statistics))
}

type settingsOutput struct {
	Body struct {
		Groups []SettingGroup `json:"groups"`
	} `nameHint:"SettingsInForce"`
}

func (h resources) listSettings(context.Context, account.Actor, *struct{}) (*settingsOutput, error) {
	out := &settingsOutput{}
	out.Body.Groups = h.Server.Settings()
	return out, nil
}

type adminProviderBody struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	RedirectURI string `json:"redirect_uri"`
}

type adminProvidersOutput struct {
	Body struct {
		Providers []adminProviderBody `json:"providers"`
	} `nameHint:"AdminProviders"`
}

func (h resources) listAdminProviders(context.Context, account.Actor, *struct{}) (*adminProvidersOutput, error) {
	out := &adminProvidersOutput{}
	all := h.Providers.Providers()
	out.Body.Providers = make([]adminProviderBody, 0, len(all))
	for _, p := range all {
		out.Body.Providers = append(out.Body.Providers, adminProviderBody{p.Name, p.Title, h.Providers.RedirectURI(p.Name)})
	}
	return out, nil
}

type keyBody struct {
	ID         string     `json:"id" doc:"The kid."`
	Alg        string     `json:"alg"`
	State      string     `json:"state" enum:"next,signing,retiring"`
	CreatedAt  time.Time  `json:"created_at"`
	ActiveFrom time.Time  `json:"active_from"`
	RetiresAt  *time.Time `json:"retires_at,omitempty"`
}

type keysOutput struct {
	Body struct {
		Keys []keyBody `json:"keys"`
	} `nameHint:"SigningKeys"`
}

func (h resources) listKeys(ctx context.Context, _ account.Actor, _ *struct{}) (*keysOutput, error) {
	all, err := h.Server.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	now, out := h.Clock(), &keysOutput{}
	signing, _ := h.Keys.Signer(now)
	out.Body.Keys = make([]keyBody, 0, len(all))
	for _, k := range all {
		b := keyBody{ID: k.ID, Alg: k.Alg, State: "retiring", CreatedAt: k.CreatedAt, ActiveFrom: k.ActiveFrom, RetiresAt: orNil(k.RetiresAt)}
		switch {
		case k.ID == signing.ID:
			b.State = "signing"
		case k.ActiveFrom.After(now):
			b.State = "next"
		}
		out.Body.Keys = append(out.Body.Keys, b)
	}
	return out, nil
}

func (h resources) rotateKeys(ctx context.Context, by account.Actor, _ *struct{}) (*keysOutput, error) {
	if err := h.Server.RotateKeys(ctx, by); err != nil {
		return nil, err
	}
	return h.listKeys(ctx, by, nil)
}

type outboxInput struct {
	Page
	State string `query:"state" enum:"queued,sent,dead,expired" default:"dead"`
}

type outboxOutput struct {
	Body struct {
		Counts   outboxCounts    `json:"counts" doc:"Counting a state ends at 10000."`
		Messages []message.Entry `json:"messages"`
		Next     string          `json:"next,omitempty" doc:"after of the next page; absent on the last."`
	} `nameHint:"Outbox"`
}

type outboxCounts struct {
	Queued    int        `json:"queued"`
	Sent      int        `json:"sent"`
	Dead      int        `json:"dead"`
	Expired   int        `json:"expired"`
	OldestDue *time.Time `json:"oldest_due,omitempty" doc:"Since when the longest waiting message is due."`
}

func (h resources) listOutbox(ctx context.Context, _ account.Actor, in *outboxInput) (*outboxOutput, error) {
	c, err := h.Server.OutboxCounts(ctx)
	if err != nil {
		return nil, err
	}
	all, err := h.Server.Messages(ctx, message.State(in.State), in.After, in.Limit)
	out := &outboxOutput{}
	out.Body.Next = next(in.Page, all, func(m message.Entry) string { return m.ID })
	out.Body.Counts = outboxCounts{c.Queued, c.Sent, c.Dead, c.Expired, orNil(c.OldestDue)}
	out.Body.Messages = append([]message.Entry{}, all...)
	return out, err
}

func (h resources) retryMessage(ctx context.Context, by account.Actor, in *idInput) (*struct{}, error) {
	return nil, noMessage(h.Server.RetryMessage(ctx, in.ID, by))
}

func (h resources) dropMessage(ctx context.Context, by account.Actor, in *idInput) (*struct{}, error) {
	return nil, noMessage(h.Server.DropMessage(ctx, in.ID, by))
}

func noMessage(err error) error {
	if errors.Is(err, message.ErrNoMessage) {
		return fault.Because(fault.CodeNotFound, err)
	}
	return err
}
