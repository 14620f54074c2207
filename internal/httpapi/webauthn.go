package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/signin"
)

// ceremonyOutput is what a page hands to navigator.credentials.
type ceremonyOutput struct {
	Body struct {
		PublicKey any `json:"publicKey" doc:"The options as the browser parses them: PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON (WebAuthn Level 3 §5.1.8, §5.1.9). The challenge works once, for five minutes."`
	} `nameHint:"PasskeyOptions"`
}

func ceremony(options any, err error) (*ceremonyOutput, error) {
	out := &ceremonyOutput{}
	out.Body.PublicKey = options
	return out, err
}

// passkeySubject is who a passkey is registered for, and in which sign-in or
// session.
func (h resources) passkeySubject(ctx context.Context) (account.User, factor.Subject, error) {
	u, err := h.enrollee(ctx)
	if err != nil {
		return u, factor.Subject{}, err
	}
	if err := h.mayEnrol(ctx, u); err != nil {
		return u, factor.Subject{}, err
	}
	s := factor.Subject{UserID: u.ID, SessionID: caller(ctx).SessionID}
	if a, ok := DetailOf[signin.Attempt](ctx); ok {
		s.AttemptID = a.Hash
		err = h.SignIn.MaySetUp(ctx, a, proof.Passkey)
	}
	return u, s, err
}

func (h resources) beginPasskey(ctx context.Context, _ *struct{}) (*ceremonyOutput, error) {
	u, s, err := h.passkeySubject(ctx)
	if err != nil {
		return nil, err
	}
	return ceremony(h.Enrolment.BeginPasskey(ctx, s, u))
}

type registerPasskeyInput struct {
	Client
	Body struct {
		Name       string          `json:"name,omitempty" maxLength:"200" doc:"The person's own word for it; without one the name of the authenticator."`
		Credential json.RawMessage `json:"credential" doc:"RegistrationResponseJSON, as the browser's toJSON() gives it."`
	}
}

// passkeyBody is a passkey as the API shows it.
type passkeyBody struct {
	ID               string     `json:"id"`
	Name             string     `json:"name" doc:"The person's own word for it."`
	Authenticator    string     `json:"authenticator,omitempty" doc:"What people call the authenticator, where its model is well known. Not proved unless the server demands attestation."`
	Icon             string     `json:"icon" doc:"A picture of the sort of authenticator: an SVG in a data URI."`
	AAGUID           string     `json:"aaguid"`
	CredentialID     string     `json:"credential_id" doc:"Base64url."`
	DeviceType       string     `json:"device_type" enum:"single_device,multi_device" doc:"multi_device: the passkey is synced."`
	BackedUp         bool       `json:"backed_up" doc:"Whether there was a copy when it was last used."`
	UserVerification bool       `json:"user_verification" doc:"Whether it checks who uses it; then it is enough to sign in."`
	Transports       []string   `json:"transports"`
	SignCount        uint32     `json:"sign_count"`
	CreatedAt        time.Time  `json:"created_at"`
	LastUsedAt       *time.Time `json:"last_used_at,omitempty"`
}

func passkeyOf(p factor.Passkey) passkeyBody {
	b := passkeyBody{
		ID: p.ID, Name: p.Name, Authenticator: p.Authenticator(), Icon: p.Icon(), AAGUID: p.AAGUID,
		CredentialID: base64.RawURLEncoding.EncodeToString(p.CredentialID), DeviceType: "single_device",
		BackedUp: p.BackedUp, UserVerification: p.UVInitialized, Transports: append([]string{}, p.Transports...),
		SignCount: p.SignCount, CreatedAt: p.CreatedAt,
	}
	if p.Synced {
		b.DeviceType = "multi_device"
	}
	if !p.LastUsedAt.IsZero() {
		b.LastUsedAt = &p.LastUsedAt
	}
	return b
}

type registeredOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      struct {
		SignInBody
		Credential passkeyBody `json:"credential"`
	} `nameHint:"PasskeyRegistered"`
}

// finishPasskey adds the passkey. Making it was also a proof: it raises the
// session, or finishes the sign-in that had to set a factor up.
func (h resources) finishPasskey(ctx context.Context, in *registerPasskeyInput) (*registeredOutput, error) {
	u, s, err := h.passkeySubject(ctx)
	if err != nil {
		return nil, err
	}
	p, codes, shown, err := h.Enrolment.FinishPasskey(ctx, s, u, in.Body.Name, in.Body.Credential)
	if err != nil {
		return nil, err
	}
	next, err := h.advance(ctx, in.Client, u, shown)
	if err != nil {
		return nil, err
	}
	out := &registeredOutput{SetCookie: next.SetCookie}
	out.Body.SignInBody, out.Body.Credential = next.Body, passkeyOf(p)
	out.Body.BackupCodes = codes
	return out, nil
}

type beginLoginInput struct {
	Body *struct {
		Email string `json:"email,omitempty" maxLength:"1024" doc:"Leave out to let the browser offer what it has."`
	} `required:"false"`
}

func (h resources) beginPasskeyLogin(ctx context.Context, in *beginLoginInput) (*ceremonyOutput, error) {
	address := ""
	if in.Body != nil {
		address = in.Body.Email
	}
	return ceremony(h.SignIn.BeginPasskey(ctx, address))
}

type assertionInput struct {
	Client
	Body struct {
		Credential     json.RawMessage `json:"credential" doc:"AuthenticationResponseJSON, as the browser's toJSON() gives it."`
		RememberDevice bool            `json:"remember_device,omitempty" doc:"On verify, with an attempt token: let this device stand in for the second factor from now on, where the server allows it."`
	}
}

func (h resources) finishPasskeyLogin(ctx context.Context, in *assertionInput) (*signInOutput, error) {
	o, err := h.SignIn.Passkey(ctx, in.Body.Credential, in.wanted())
	if err != nil {
		return nil, err
	}
	if o.Tokens != nil {
		h.forgive(ctx)
	}
	return h.outcome(ctx, o)
}

func (h resources) beginPasskeyVerify(ctx context.Context, _ *struct{}) (*ceremonyOutput, error) {
	if a, ok := DetailOf[signin.Attempt](ctx); ok {
		return ceremony(h.SignIn.AskPasskey(ctx, a))
	}
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	return ceremony(h.SignIn.AskPasskeyStepUp(ctx, u, caller(ctx).SessionID))
}

func (h resources) finishPasskeyVerify(ctx context.Context, in *assertionInput) (*signInOutput, error) {
	return h.answer(ctx, in.Client, proof.Passkey, string(in.Body.Credential), in.Body.RememberDevice)
}

type passkeysOutput struct {
	Body struct {
		Credentials []passkeyBody `json:"credentials"`
		Signal      struct {
			RPID        string   `json:"rp_id"`
			UserID      string   `json:"user_id" doc:"The user handle, base64url."`
			AcceptedIDs []string `json:"all_accepted_credential_ids"`
			Name        string   `json:"name"`
			DisplayName string   `json:"display_name"`
		} `json:"signal" doc:"For PublicKeyCredential.signalAllAcceptedCredentials() and signalCurrentUserDetails(), so that removed passkeys vanish from the password manager."`
	} `nameHint:"Passkeys"`
}

func (h resources) listPasskeys(ctx context.Context, _ *struct{}) (*passkeysOutput, error) {
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := h.Enrolment.Passkeys(ctx, u)
	if err != nil {
		return nil, err
	}
	out := &passkeysOutput{}
	out.Body.Credentials = make([]passkeyBody, 0, len(keys))
	for _, k := range keys {
		out.Body.Credentials = append(out.Body.Credentials, passkeyOf(k))
	}
	s := h.Enrolment.Signal(u, keys)
	to := &out.Body.Signal
	to.RPID, to.UserID, to.AcceptedIDs, to.Name, to.DisplayName = s.RPID, s.UserID, s.AcceptedIDs, s.Name, s.DisplayName
	return out, nil
}

type passkeyInput struct {
	ID string `path:"id" format:"uuid"`
}

type renamePasskeyInput struct {
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Name string `json:"name" maxLength:"200"`
	}
}

func (h resources) renamePasskey(ctx context.Context, in *renamePasskeyInput) (*struct{}, error) {
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	return nil, h.Enrolment.RenamePasskey(ctx, u, caller(ctx).SessionID, in.ID, in.Body.Name)
}

func (h resources) removePasskey(ctx context.Context, in *passkeyInput) (*struct{}, error) {
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	return nil, h.Enrolment.RemovePasskey(ctx, u, caller(ctx).SessionID, in.ID)
}

// relatedOrigins tells browsers which sites of other names may use the passkeys
// of this one (WebAuthn Level 3 §5.11).
func (h resources) relatedOrigins(w http.ResponseWriter, _ *http.Request) {
	b, err := json.Marshal(map[string][]string{"origins": h.RelatedOrigins})
	if err != nil { // a list of strings always encodes
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(b)
}
