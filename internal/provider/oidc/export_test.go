package oidc

import (
	"context"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
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
	payload, _, err := atKeys(client, now).keys.verify(ctx, raw)
	return payload, err
}

// PublishedKeys fetches a key set with client, whose answer is the same for every
// address, and returns the keys that are kept of it.
func PublishedKeys(ctx context.Context, client *http.Client, now time.Time) (out []any, err error) {
	p := atKeys(client, now)
	keys, err := p.fetchKeys(ctx)
	for _, k := range keys {
		out = append(out, k.Key)
	}
	return out, err
}

// atKeys is a provider whose metadata are known and name an address for the keys.
func atKeys(client *http.Client, now time.Time) *Provider {
	p := New(Settings{Issuer: "https://op.example", Client: client, Clock: func() time.Time { return now }})
	p.document = keep(p.Clock, func(context.Context) (document, error) {
		return document{KeysURL: "https://op.example/keys"}, nil
	})
	return p
}

// Discover is discover: what is read of a provider's metadata.
func (p *Provider) Discover(ctx context.Context) (Document, error) { return p.discover(ctx) }

// Document is what is read of a provider's metadata.
type Document = document

// JWK writes a public key as providers do.
func JWK(public any) ([]byte, error) {
	k := jose.JSONWebKey{Key: public, KeyID: "k", Use: "sig"}
	return k.MarshalJSON()
}
