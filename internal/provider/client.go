package provider

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
)

// The bounds of every call to a provider (OA-13).
const (
	Budget  = 10 * time.Second // of all calls of one step together
	MaxBody = 1 << 20          // bytes of an answer; a longer one is refused
)

var (
	errRedirect = errors.New("provider: redirects are not followed")
	errTooLong  = errors.New("provider: the answer is longer than 1 MiB")
)

// NewClient returns the client that every provider uses: it follows no redirect,
// reads at most MaxBody bytes of an answer and gives up after Budget. It trusts
// roots; nil: the system's.
func NewClient(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: bounded{&http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: Budget}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout:    Budget,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 32 << 10,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
		Timeout:       Budget,
	}
}

// bounded cuts answers that are too long.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err == nil {
		resp.Body = &cut{resp.Body, MaxBody}
	}
	return resp, err
}

type cut struct {
	io.ReadCloser
	left int
}

func (c *cut) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if c.left -= n; c.left < 0 {
		return 0, errTooLong
	}
	return n, err
}

// FetchJSON makes the call and decodes a JSON answer of status 200 into v. It
// returns ErrUnavailable when there is no answer or a 429 or 5xx, else
// ErrRejected. Its errors hold no header and no body.
func FetchJSON(c *http.Client, req *http.Request, v any) error {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Sallyport")
	resp, err := c.Do(req)
	if err != nil {
		return Unavailable(bare(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return Unavailable(bare(err))
	}
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
		return Unavailable(fmt.Errorf("status %d", resp.StatusCode))
	}
	if resp.StatusCode != http.StatusOK {
		return Rejected("status %d", resp.StatusCode)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return Rejected("not the expected JSON")
	}
	return nil
}

// TokenFailure says in the words of this package why package oauth2 got no token.
// What the provider wrote besides its error code is dropped: it can hold
// anything.
func TokenFailure(err error) error {
	var r *oauth2.RetrieveError
	var u *url.Error
	switch {
	case errors.As(err, &u):
		return Unavailable(u.Err)
	case errors.As(err, &r) && r.Response != nil && (r.Response.StatusCode >= 500 || r.Response.StatusCode == http.StatusTooManyRequests):
		return Unavailable(errors.New(r.Response.Status))
	case errors.As(err, &r):
		return Rejected("the token endpoint answered %q", r.ErrorCode)
	default:
		return Rejected("the token answer cannot be read")
	}
}

// bare drops the address from an error of the client: it may name a person.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
