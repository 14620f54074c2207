package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"

	"github.com/wneessen/go-mail"
	mailsmtp "github.com/wneessen/go-mail/smtp"

	"github.com/sallyport/sallyport/internal/message"
)

// session is a connection that is open and signed in.
type session struct {
	client *mail.Client
	conn   *mailsmtp.Client
}

// converse opens a session, calls f and says goodbye. The connection is closed
// whatever happens, and as soon as ctx ends, so that no slow server outlasts its
// budget.
func (s *Sender) converse(ctx context.Context, f func(*session) error) error {
	hangUp := func() bool { return true }
	client, err := s.client(func(dialCtx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(dialCtx, network, address)
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		hangUp = func() bool { _ = conn.Close(); return stop() }
		if s.TLS != Implicit {
			return conn, nil
		}
		secured := tls.Client(conn, s.tlsConfig())
		return secured, secured.HandshakeContext(dialCtx)
	})
	if err != nil {
		return message.Refused("smtp_settings", err)
	}
	defer func() { hangUp() }()
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return unreachable(orCtx(ctx, err))
	}
	if err := f(&session{client, conn}); err != nil {
		if ctx.Err() != nil {
			return unreachable(ctx.Err())
		}
		return err
	}
	_ = client.CloseWithSMTPClient(conn) // the mail is taken; a rude goodbye changes nothing
	return nil
}

// unreachable words a failure to connect or to sign in. It is never final: the
// fault is the server's or the settings', not the mail's. What a server says
// while signing in is left out, since it may repeat the credentials.
func unreachable(err error) *message.Failure {
	var reply *textproto.Error
	answered := errors.As(err, &reply)
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return message.Postponed("timeout", 0, err)
	case strings.HasPrefix(err.Error(), "SMTP AUTH failed") && answered:
		return message.Postponed("smtp_auth", 0, fmt.Errorf("the mail server refused the credentials (%d)", reply.Code))
	case strings.HasPrefix(err.Error(), "SMTP AUTH failed"):
		return message.Postponed("smtp_auth", 0, errors.New("signing in to the mail server failed"))
	case answered:
		return message.Postponed(fmt.Sprintf("smtp_%d", reply.Code), 0, errors.New(message.OneLine(reply.Msg, 200)))
	default:
		return message.Postponed("smtp_connect", 0, err)
	}
}

// verdict words a failure to hand the mail over: the server's 5xx is final, but
// for 53x, which ask for other credentials; everything else is worth another try.
func verdict(err error) *message.Failure {
	var send *mail.SendError
	if !errors.As(err, &send) || send.ErrorCode() == 0 {
		return message.Postponed("smtp_broken", 0, err)
	}
	code := send.ErrorCode()
	name := fmt.Sprintf("smtp_%d", code)
	if code >= 500 && code/10 != 53 {
		return message.Refused(name, err)
	}
	return message.Postponed(name, 0, err)
}
