package courier

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/message"
)

// The bounds of one call (OA-13's figures, which fit here as well).
const (
	budget     = 10 * time.Second
	maxAnswer  = 64 << 10 // bytes of an answer that are read
	longestAsk = time.Hour
)

// Answer is what a carrier said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // its first 64 KiB
}

// OK reports whether the carrier took what it was given.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Client calls carriers. It is safe for concurrent use.
type Client struct{ http *http.Client }

// New returns a client that trusts roots; nil: the system's.
func New(roots *x509.CertPool) *Client {
	return &Client{&http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: budget}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout:    budget,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 32 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       budget,
	}}
}

// Do makes the call and reads the answer, whatever its status. A call that gets
// no whole answer is a message.Failure worth another try; its text holds neither
// the address called nor what was sent.
func (c *Client) Do(req *http.Request) (Answer, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, unanswered(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Answer{}, unanswered(err)
	}
	return Answer{resp.StatusCode, resp.Header, body}, nil
}

func unanswered(err error) *message.Failure {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // drops the address, which can name the recipient
	}
	var timed interface{ Timeout() bool }
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timed) && timed.Timeout() {
		return message.Postponed("timeout", 0, err)
	}
	return message.Postponed("unreachable", 0, err)
}

// RetryAfter reads how long a carrier asks to be left alone (RFC 9110 §10.2.3),
// in seconds or as a date; zero where it says nothing usable, an hour at most.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	wait := time.Duration(0)
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		wait = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestAsk)
}
