package account

import (
	"context"
	"encoding/json"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
)

// link is what a mail link remembers: the address it was sent to, and for a
// change of address where it leads.
type link struct {
	Canonical string `json:"canonical"`
	Display   string `json:"display,omitempty"`
}

func linkData(canonical, display string) []byte {
	b, err := json.Marshal(link{canonical, display})
	if err != nil { // two strings always encode
		panic(err)
	}
	return b
}

// openLink reads a live mail link without spending it, or returns
// fault.CodeLinkExpired: unknown, spent, expired and foreign look the same.
func (s *Service) openLink(ctx context.Context, kind onetime.Kind, purpose opaque.Kind, plain string) (onetime.Token, link, error) {
	hash, err := opaque.Hash(purpose, plain)
	if err != nil {
		return onetime.Token{}, link{}, fault.Because(fault.CodeLinkExpired, err)
	}
	tok, err := s.Store.FindOneTime(ctx, kind, hash, s.Clock())
	if fault.Of(err) == fault.CodeNotFound {
		return onetime.Token{}, link{}, fault.Because(fault.CodeLinkExpired, err)
	}
	if err != nil {
		return onetime.Token{}, link{}, err
	}
	var d link
	return tok, d, json.Unmarshal(tok.Data, &d)
}
