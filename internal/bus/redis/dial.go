package redis

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// answerWithin is how long Redis may take to accept a connection or to answer on
// one before the connection is given up.
const answerWithin = time.Second

// bufferSize is the read and the write buffer of each connection, in bytes.
const bufferSize = 64 << 10

var errNotYet = errors.New("bus: redis is dialled when first used")

// Dial returns a client for the Redis at url: redis://user:password@host:port/db,
// rediss:// for TLS, unix:// for a socket. It contacts nobody: connections are
// made when they are first needed and again when they broke, so a node starts
// whether Redis is there or not. caFile names the certificates in PEM that may
// vouch for a rediss:// server; empty: those this machine trusts. A server that
// nobody vouches for is never talked to. It fails only for a url or a file that
// cannot be read, with an error that does not repeat the url. One client serves
// the whole node, the limiter included; the caller closes it last.
func Dial(url, caFile string) (rueidis.Client, error) {
	opt, err := rueidis.ParseURL(url)
	if err != nil || len(opt.InitAddress) != 1 || opt.Sentinel.MasterSet != "" {
		return nil, errors.New("bus: the address of redis is not of the form redis://user:password@host:port/db")
	}
	if err := trust(opt.TLSConfig, caFile); err != nil {
		return nil, err
	}
	opt.ForceSingleClient = true
	opt.DisableCache = true
	opt.DisableRetry = true // each user knows better when and whether to try again
	opt.ClientName = "sallyport"
	opt.ClientSetInfo = rueidis.DisableClientSetInfo
	opt.Dialer.Timeout = answerWithin
	opt.ConnWriteTimeout = answerWithin
	opt.ReadBufferEachConn, opt.WriteBufferEachConn = bufferSize, bufferSize
	opt.DialCtxFn = lazily(opt.DialCtxFn)
	client, err := rueidis.NewClient(opt)
	if client == nil {
		return nil, err
	}
	return client, nil // errNotYet: the client is good and dials later
}

// trust has a connection believe the authorities of that file. No TLS, nothing to
// believe: then there must be no file either.
func trust(c *tls.Config, caFile string) error {
	switch {
	case c != nil && c.InsecureSkipVerify:
		return errors.New("bus: skip_verify lets anybody pose as redis: take it out, and give the authority's certificate instead")
	case caFile == "":
		return nil
	case c == nil:
		return errors.New("bus: an authority is given for a redis without TLS: begin its address with rediss://")
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return fmt.Errorf("bus: the authorities for redis: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("bus: the authorities for redis: %s holds no certificate in PEM", caFile)
	}
	return nil
}

type dialFunc = func(context.Context, string, *net.Dialer, *tls.Config) (net.Conn, error)

// lazily refuses the first dial, the one rueidis.NewClient makes and waits for.
func lazily(dial dialFunc) dialFunc {
	if dial == nil {
		dial = dialTCP
	}
	var opened atomic.Bool
	return func(ctx context.Context, addr string, d *net.Dialer, c *tls.Config) (net.Conn, error) {
		if !opened.Swap(true) {
			return nil, errNotYet
		}
		return dial(ctx, addr, d, c)
	}
}

func dialTCP(ctx context.Context, addr string, d *net.Dialer, c *tls.Config) (net.Conn, error) {
	if c == nil {
		return d.DialContext(ctx, "tcp", addr)
	}
	return (&tls.Dialer{NetDialer: d, Config: c}).DialContext(ctx, "tcp", addr)
}
