package oidc

import (
	"context"
	"time"

	"golang.org/x/oauth2"
)

// Judge judges an ID token as Redeem does, without a passage around it.
func (p *Provider) Judge(ctx context.Context, raw, nonce string) (Claims, error) {
	tok := &oauth2.Token{AccessToken: "access"}
	return p.judge(ctx, tok.WithExtra(map[string]any{"id_token": raw}), nonce)
}

// ReadClaims reads and checks a payload whose signature is good.
func ReadClaims(payload []byte, clientID, nonce string, now time.Time) (Claims, error) {
	c, err := readClaims(payload)
	if err != nil {
		return c, err
	}
	return c, c.check(clientID, nonce, now)
}
