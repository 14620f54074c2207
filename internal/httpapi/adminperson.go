package httpapi

import (
	"context"

	"github.com/sallyport/sallyport/internal/account"
)

// personDetail is a person with what they have set up and where they are signed in.
type personDetail struct {
	PersonBody
	Factors         []factorBody  `json:"factors"`
	BackupCodesLeft int           `json:"backup_codes_left"`
	Passkeys        []passkeyBody `json:"passkeys"`
	Accounts        []linkedBody  `json:"accounts" doc:"Linked accounts of providers."`
	Sessions        []SessionBody `json:"sessions"`
}

type personDetailOutput struct {
	Body personDetail `nameHint:"PersonDetail"`
}

func (h resources) showAnybody(ctx context.Context, _ account.Actor, in *idInput) (*personDetailOutput, error) {
	p, err := h.showPerson(ctx, in.ID, "")
	return &personDetailOutput{p}, err
}

// showPerson lists everything about a user that is no secret; current is the
// session that is marked as the caller's.
func (h resources) showPerson(ctx context.Context, id, current string) (b personDetail, err error) {
	u, err := h.Accounts.Get(ctx, id)
	if err != nil {
		return b, err
	}
	b.PersonBody = personOf(u)
	for _, fill := range []func(context.Context, account.User, *personDetail) error{h.addFactors, h.addPasskeys, h.addLinked} {
		if err := fill(ctx, u, &b); err != nil {
			return b, err
		}
	}
	b.Sessions, err = h.sessionsOf(ctx, u.ID, current)
	return b, err
}

func (h resources) addFactors(ctx context.Context, u account.User, b *personDetail) error {
	st, err := h.Enrolment.Status(ctx, u)
	b.Factors, b.BackupCodesLeft = make([]factorBody, 0, len(st.Factors)), st.BackupCodesLeft
	for _, f := range st.Factors {
		b.Factors = append(b.Factors, factorOf(f))
	}
	return err
}

func (h resources) addPasskeys(ctx context.Context, u account.User, b *personDetail) error {
	keys, err := h.Enrolment.Passkeys(ctx, u)
	b.Passkeys = make([]passkeyBody, 0, len(keys))
	for _, k := range keys {
		b.Passkeys = append(b.Passkeys, passkeyOf(k))
	}
	return err
}

func (h resources) addLinked(ctx context.Context, u account.User, b *personDetail) error {
	all, err := h.Providers.List(ctx, u.ID)
	b.Accounts = make([]linkedBody, 0, len(all))
	for _, l := range all {
		b.Accounts = append(b.Accounts, linkedOf(l))
	}
	return err
}
