package main

import (
	"context"
	"sync"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/provider"
)

// providers asks every provider for what it publishes, all at once: one that does
// not answer takes no time from the others. The client's own id and secret are
// not tried; that takes a person who signs in.
func (d *doctor) providers(ctx context.Context) []check {
	registry, err := app.Providers(d.cfg, d.now)
	if err != nil {
		return []check{failed("providers", err.Error(), "Check OIDC_PROVIDERS")}
	}
	names := registry.Names()
	if len(names) == 0 {
		return []check{fine("providers", "none: people sign in with what they have here")}
	}
	out := make([]check, len(names))
	var asked sync.WaitGroup
	for i, name := range names {
		p, _ := registry.Find(name)
		asked.Go(func() { out[i] = ask(ctx, p) })
	}
	asked.Wait()
	return out
}

func ask(ctx context.Context, p provider.Provider) check {
	about := p.About()
	asker, ok := p.(provider.Asker)
	if !ok {
		return fine("providers", about.Title+" publishes nothing to ask for")
	}
	if err := asker.Ask(ctx); err != nil {
		return failed("providers", about.Title+": "+message.OneLine(err.Error(), 200),
			"Check the way out to it and the address of the provider "+about.Name+" in the settings; until then nobody can sign in with it")
	}
	return fine("providers", about.Title+" answers")
}
