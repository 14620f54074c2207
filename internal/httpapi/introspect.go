package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/sallyport/sallyport/internal/fault"
)

// introspectBody is the answer of RFC 7662 §2.2; a token that is not good
// answers active alone.
type introspectBody struct {
	Active    bool     `json:"active"`
	Issuer    string   `json:"iss,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	TokenID   string   `json:"jti,omitempty"`
	SessionID string   `json:"sid,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	ExpiresAt int64    `json:"exp,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty"`
	AuthTime  int64    `json:"auth_time,omitempty"`
	AAL       string   `json:"aal,omitempty"`
	ACR       string   `json:"acr,omitempty"`
	AMR       []string `json:"amr,omitempty"`
	Roles     []string `json:"roles,omitempty"`
}

// introspect answers RFC 7662 §2: the token comes in a form, as the standard
// says, or in a JSON object, as everywhere else here.
func (h resources) introspect(w http.ResponseWriter, r *http.Request) {
	raw, err := introspected(r)
	var answer introspectBody
	if err == nil {
		answer, err = h.judge(r.Context(), raw)
	}
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// introspected reads the parameter token; the hint is accepted and not needed.
func introspected(r *http.Request) (string, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", readError(err)
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return "", fault.New(fault.CodeUnsupportedMedia)
	}
	var token any
	switch media {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil || len(form["token"]) > 1 {
			return "", fault.New(fault.CodeMalformed)
		}
		token = form.Get("token")
	case jsonType:
		v, err := parseStrict(body)
		if err != nil {
			return "", fault.New(fault.CodeMalformed).WithDetail(err.Error())
		}
		m, _ := v.(map[any]any)
		token = m["token"]
	default:
		return "", fault.New(fault.CodeUnsupportedMedia).WithDetail("Send the body as application/x-www-form-urlencoded or application/json.")
	}
	text, ok := token.(string)
	if !ok || text == "" {
		return "", fault.InvalidField("token", "The token to judge is missing.", "required")
	}
	return text, nil
}

// judge asks the verifier, and the database whether the session is open, so the
// answer is never older than the request.
func (h resources) judge(ctx context.Context, raw string) (introspectBody, error) {
	c, err := h.Verifier.Verify(raw)
	if err == nil {
		_, err = h.Sessions.Live(ctx, c.Subject, c.SessionID)
	}
	var refused *fault.Error
	if errors.As(err, &refused) && refused.Kind() == fault.Unauthenticated {
		return introspectBody{}, nil
	}
	if err != nil {
		return introspectBody{}, err
	}
	return introspectBody{
		Active: true, Issuer: c.Issuer, Subject: c.Subject, Audience: c.Audience, ClientID: c.ClientID, TokenID: c.ID,
		SessionID: c.SessionID, TokenType: "Bearer", ExpiresAt: c.ExpiresAt.Unix(), IssuedAt: c.IssuedAt.Unix(),
		AuthTime: c.AuthTime.Unix(), AAL: c.AAL, ACR: c.AAL, AMR: c.AMR, Roles: c.Roles,
	}, nil
}
