package httpapi

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
)

type codeInput struct {
	Client
	Body struct {
		Code           string `json:"code" maxLength:"64"`
		RememberDevice bool   `json:"remember_device,omitempty" doc:"With an attempt token: let this device stand in for the second factor from now on, where the server allows it."`
	}
}

// noCode stands for a code that is no JSON string: no factor takes it for one.
const noCode = "\x00"

// tried counts a code of the wrong shape as the wrong code it is (TO-05). What
// the handler says of it is dropped: the shape is refused in any case.
func tried(verify func(context.Context, *codeInput) (*signInOutput, error)) func(context.Context) {
	return func(ctx context.Context) {
		in := &codeInput{}
		in.Body.Code = noCode
		_, _ = verify(ctx, in)
	}
}

// verifyWith answers a code of one method.
func (h resources) verifyWith(m proof.Method) func(context.Context, *codeInput) (*signInOutput, error) {
	return func(ctx context.Context, in *codeInput) (*signInOutput, error) {
		return h.answer(ctx, in.Client, m, in.Body.Code, in.Body.RememberDevice)
	}
}

// answer answers a factor: with an attempt token it finishes the sign-in, with an
// access token it is a step-up.
func (h resources) answer(ctx context.Context, from Client, m proof.Method, answer string, remember bool) (*signInOutput, error) {
	if a, ok := DetailOf[signin.Attempt](ctx); ok {
		o, err := h.SignIn.Prove(ctx, a, m, answer)
		if err != nil {
			return nil, err
		}
		out, err := h.outcome(ctx, o)
		if err != nil || o.Tokens == nil {
			return out, err
		}
		h.forgive(ctx)
		if remember {
			err = h.remember(ctx, out, o.Tokens.Session)
		}
		return out, err
	}
	c := caller(ctx)
	t, err := h.SignIn.StepUp(ctx, c.Subject, c.SessionID, m, answer)
	if err != nil {
		return nil, err
	}
	return h.raised(ctx, from, t)
}

// verifyTOTP is verifyWith, and for a user whose first app is not confirmed yet
// it confirms it.
func (h resources) verifyTOTP(ctx context.Context, in *codeInput) (*signInOutput, error) {
	u, err := h.enrollee(ctx)
	if err != nil {
		return nil, err
	}
	st, err := h.Enrolment.Status(ctx, u)
	if err != nil {
		return nil, err
	}
	for _, f := range st.Factors {
		if f.Method == proof.TOTP {
			return h.verifyWith(proof.TOTP)(ctx, in)
		}
	}
	return h.confirmTOTP(ctx, in)
}

// enrollee is the user a factor is set up for: the caller, or whoever is signing
// in and must set one up first.
func (h resources) enrollee(ctx context.Context) (account.User, error) {
	a, ok := DetailOf[signin.Attempt](ctx)
	if !ok {
		return h.me(ctx)
	}
	u, err := h.Accounts.Get(ctx, a.UserID)
	if fault.Of(err) == fault.CodeNotFound {
		return u, fault.New(fault.CodeAttemptExpired)
	}
	return u, err
}

// mayEnrol lets a session with a fresh proof set a factor up (MF-03), and a
// sign-in only when policy told it to: an attempt that waits for a factor must
// not replace it by a new one.
func (h resources) mayEnrol(ctx context.Context, u account.User) error {
	if a, ok := DetailOf[signin.Attempt](ctx); ok {
		if !a.Enrol {
			return fault.New(fault.CodeForbidden).WithDetail("Answer one of the factors of this account first.")
		}
		return nil
	}
	_, err := h.SignIn.Guard(ctx, u.ID, caller(ctx).SessionID)
	return err
}

type totpSetupInput struct {
	Body *struct {
		Name string `json:"name,omitempty" maxLength:"200" doc:"The person's own word for this app."`
	} `required:"false"`
}

type totpSetupOutput struct {
	Body struct {
		Secret    string    `json:"secret" doc:"Base32, 160 bits; shown here and never again."`
		URI       string    `json:"uri" doc:"otpauth address."`
		QR        string    `json:"qr" doc:"The address as an SVG image in a data URI."`
		ExpiresAt time.Time `json:"expires_at" doc:"Until then the first code must be shown."`
	} `nameHint:"TOTPSetup"`
}

func (h resources) setupTOTP(ctx context.Context, in *totpSetupInput) (*totpSetupOutput, error) {
	u, err := h.setter(ctx, proof.TOTP)
	if err != nil {
		return nil, err
	}
	name := ""
	if in.Body != nil {
		name = in.Body.Name
	}
	s, err := h.Enrolment.SetupTOTP(ctx, u, name)
	out := &totpSetupOutput{}
	out.Body.Secret, out.Body.URI, out.Body.QR, out.Body.ExpiresAt = s.Secret, s.URI, s.QR, s.ExpiresAt
	return out, err
}

// confirmTOTP makes the app count. The code is also a proof: it raises the
// session, or finishes the sign-in that had to set a factor up.
func (h resources) confirmTOTP(ctx context.Context, in *codeInput) (*signInOutput, error) {
	u, err := h.setter(ctx, proof.TOTP)
	if err != nil {
		return nil, err
	}
	codes, p, err := h.Enrolment.ConfirmTOTP(ctx, subject(ctx), u, in.Body.Code)
	if err != nil {
		return nil, err
	}
	out, err := h.advance(ctx, in.Client, u, p)
	if err != nil {
		return nil, err
	}
	out.Body.BackupCodes = codes
	return out, nil
}

func (h resources) advance(ctx context.Context, d Client, u account.User, p proof.Proof) (*signInOutput, error) {
	if a, ok := DetailOf[signin.Attempt](ctx); ok {
		o, err := h.SignIn.Advance(ctx, u, a, p)
		if err != nil {
			return nil, err
		}
		return h.outcome(ctx, o)
	}
	var t session.Tokens
	t, err := h.SignIn.Raise(ctx, u, caller(ctx).SessionID, p)
	if err != nil {
		return nil, err
	}
	return h.raised(ctx, d, t)
}

// factorBody is one confirmed factor.
type factorBody struct {
	ID         string     `json:"id"`
	Type       string     `json:"type"`
	Name       string     `json:"name,omitempty"`
	Hint       string     `json:"hint,omitempty"`
	Worth      string     `json:"worth" enum:"strong,restricted,low" doc:"restricted: messages can be redirected. low: never confirms a guarded action."`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
}

type statusOutput struct {
	Body struct {
		Enabled         bool         `json:"enabled" doc:"Whether a second factor is set up."`
		Required        bool         `json:"required" doc:"Whether policy demands one."`
		Factors         []factorBody `json:"factors"`
		BackupCodesLeft int          `json:"backup_codes_left"`
		BackupCodesLow  bool         `json:"backup_codes_low" doc:"Three or fewer are left."`
		Offered         []string     `json:"offered" doc:"What can be set up here."`
	} `nameHint:"MFAStatus"`
}

func (h resources) mfaStatus(ctx context.Context, _ *struct{}) (*statusOutput, error) {
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	st, err := h.Enrolment.Status(ctx, u)
	if err != nil {
		return nil, err
	}
	out := &statusOutput{}
	b := &out.Body
	b.Enabled, b.Required, b.BackupCodesLeft = len(st.Factors) > 0, st.Required, st.BackupCodesLeft
	b.BackupCodesLow = b.Enabled && st.BackupCodesLeft <= factor.LowBackupCodes
	b.Factors = make([]factorBody, 0, len(st.Factors))
	for _, f := range st.Factors {
		b.Factors = append(b.Factors, factorOf(f))
	}
	for _, m := range st.Offered {
		b.Offered = append(b.Offered, string(m))
	}
	return out, nil
}

func factorOf(f factor.Enrolment) factorBody {
	b := factorBody{ID: f.ID, Type: string(f.Method), Name: f.Name, Hint: f.Hint(), Worth: f.Method.Worth(), CreatedAt: f.CreatedAt}
	if !f.LastUsedAt.IsZero() {
		b.LastUsedAt = &f.LastUsedAt
	}
	return b
}

type disableInput struct {
	Body struct {
		Method string `json:"method" enum:"totp,sms,email,backup_code"`
		ID     string `json:"id,omitempty" format:"uuid" doc:"One factor; without it all of the method."`
	}
}

func (h resources) disableMFA(ctx context.Context, in *disableInput) (*struct{}, error) {
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	return nil, h.Enrolment.Disable(ctx, u, caller(ctx).SessionID, proof.Method(in.Body.Method), in.Body.ID)
}

type codesOutput struct {
	Body struct {
		BackupCodes []string `json:"backup_codes" doc:"Shown once; the old ones no longer work."`
	} `nameHint:"BackupCodes"`
}

func (h resources) newBackupCodes(ctx context.Context, _ *struct{}) (*codesOutput, error) {
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	out := &codesOutput{}
	out.Body.BackupCodes, err = h.Enrolment.NewBackupCodes(ctx, u, caller(ctx).SessionID)
	return out, err
}
