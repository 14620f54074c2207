package oidc

import (
	"context"
	"net/http"
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

// VerifySignature fetches a key set with client, whose answer is the same for
// every address, and returns the payload of a token that it verifies.
func VerifySignature(ctx context.Context, client *http.Client, now time.Time, raw string) ([]byte, error) {
	p := New(Settings{Issuer: "https://op.example", Client: client, Clock: func() time.Time { return now }})
	p.document = keep(p.Clock, func(context.Context) (document, error) {
		return document{KeysURL: "https://op.example/keys"}, nil
	})
	payload, _, err := p.keys.verify(ctx, raw)
	return payload, err
}
