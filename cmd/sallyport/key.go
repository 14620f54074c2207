package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/seal"
)

type keyCmd struct {
	List    keyListCmd    `cmd:"" help:"List the signing keys."`
	Rotate  keyRotateCmd  `cmd:"" help:"Make the next signing key now."`
	Service keyServiceCmd `cmd:"" help:"Make a service key for a backend."`
	Secret  keySecretCmd  `cmd:"" help:"Make a value for SECRET_KEY."`
	Reseal  keyResealCmd  `cmd:"" help:"Seal everything anew under the first value of SECRET_KEY."`
}

type keyListCmd struct{}

func (keyListCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withApp(ctx, s, func(a *app.App) error {
		keys, err := a.Store.SigningKeys(ctx)
		for _, k := range keys {
			state := "in use or next"
			if !k.RetiresAt.IsZero() {
				state = "retires " + k.RetiresAt.Format(time.RFC3339)
			}
			t.printf("%s  %s  signs from %s  %s\n", k.ID, k.Alg, k.ActiveFrom.Format(time.RFC3339), state)
		}
		return err
	})
}

type keyRotateCmd struct{}

// Help teaches.
func (keyRotateCmd) Help() string {
	return "The new key is published at once and signs when every backend has had the time to read it (JWKS_CACHE); the old one stays valid until its last token has expired. No token is refused on the way."
}

func (keyRotateCmd) Run(ctx context.Context, t terminal, s settings) error {
	if err := withApp(ctx, s, func(a *app.App) error { return a.RotateKeys(ctx, account.Operator()) }); err != nil {
		return err
	}
	return keyListCmd{}.Run(ctx, t, s)
}

type keySecretCmd struct{}

// Help teaches.
func (keySecretCmd) Help() string {
	return "Keep a copy apart from the database: without it, sealed secrets such as those of authenticator apps are lost. To change it, put the new value in front of the old one, separated by a comma."
}

func (keySecretCmd) Run(t terminal) error {
	t.printf("%s\n", seal.GenerateKey())
	return nil
}

type keyServiceCmd struct {
	Name string `arg:"" help:"Who uses the key; it appears in the audit log."`
}

// Help teaches.
func (keyServiceCmd) Help() string {
	return "A backend shows the key to /api/v1/auth/introspect and /api/v1/realtime. The server keeps only its hash: put the second line into SERVICE_KEYS and restart."
}

func (c keyServiceCmd) Run(t terminal) error {
	if !config.ValidServiceName(c.Name) {
		return errors.New("a name has 1 to 32 letters, digits, dots, dashes and underscores, and begins with a letter or digit")
	}
	plain, hash := opaque.New(opaque.Service)
	t.printf("give the backend, once:   %s\nadd to SERVICE_KEYS:      %s:sha256:%s\n", plain, c.Name, hex.EncodeToString(hash))
	return nil
}

type keyResealCmd struct{}

// Help teaches.
func (keyResealCmd) Help() string {
	return "After a new value was put in front of SECRET_KEY, and every node restarted with it. It runs beside the server, in small steps; one that is cut short is begun again. Afterwards no sealed value needs the old key, but the audit log does: keep it in SECRET_KEY until the rows of its time are older than AUDIT_RETENTION, or `sallyport audit verify` calls them broken."
}

func (keyResealCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withApp(ctx, s, func(a *app.App) error {
		r, err := a.Reseal(ctx, account.Operator())
		if err != nil {
			return err
		}
		t.printf("sealed anew %d, under the first key before %d\n", r.Done, r.Fresh)
		if r.Broken > 0 {
			return fmt.Errorf("%d values do not open: they are damaged, or SECRET_KEY lacks the key they were sealed under", r.Broken)
		}
		return nil
	})
}
