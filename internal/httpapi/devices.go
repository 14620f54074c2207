package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
)

// deviceCookie keeps a browser's device token where no script can read it.
const deviceCookie = "__Host-sallyport_device"

// Device is the part of an input by which a remembered device is recognised. It
// is exported because Huma looks into embedded structs of exported types only.
type Device struct {
	DeviceToken  string      `header:"X-Device-Token" maxLength:"256" doc:"The token of a remembered device, where no cookie carries it."`
	DeviceCookie http.Cookie `cookie:"__Host-sallyport_device"`
}

// shown returns the context of a sign-in from this device.
func (d Device) shown(ctx context.Context) context.Context {
	if d.DeviceToken != "" {
		return signin.WithDevice(ctx, d.DeviceToken)
	}
	return signin.WithDevice(ctx, d.DeviceCookie.Value)
}

// remember adds a device token to the answer of a finished sign-in, the way the
// refresh token travels.
func (h resources) remember(ctx context.Context, out *signInOutput, n session.Session) error {
	token, life, err := h.SignIn.Remember(ctx, n.UserID, n.ID)
	if err != nil || token == "" {
		return err
	}
	if n.Delivery != session.InCookie {
		out.Body.DeviceToken = token
		return nil
	}
	out.SetCookie = append(out.SetCookie, http.Cookie{
		Name: deviceCookie, Value: token, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		MaxAge: int(life.Seconds()),
	})
	return nil
}

type deviceBody struct {
	ID        string    `json:"id"`
	UserAgent string    `json:"user_agent"`
	IP        string    `json:"ip"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

type devicesOutput struct {
	Body struct {
		Devices []deviceBody `json:"devices"`
	} `nameHint:"Devices"`
}

func (h resources) listDevices(ctx context.Context, _ *struct{}) (*devicesOutput, error) {
	all, err := h.SignIn.RememberedDevices(ctx, caller(ctx).Subject)
	out := &devicesOutput{}
	out.Body.Devices = make([]deviceBody, 0, len(all))
	for _, d := range all {
		out.Body.Devices = append(out.Body.Devices, deviceBody{d.ID, d.UserAgent, d.IP, d.CreatedAt, d.ExpiresAt})
	}
	return out, err
}

func (h resources) forgetDevice(ctx context.Context, in *idInput) (*struct{}, error) {
	c := caller(ctx)
	return nil, h.SignIn.ForgetDevice(ctx, c.Subject, c.SessionID, in.ID)
}
