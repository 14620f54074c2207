package redis

import (
	"context"
	"net"
	"net/url"
	"strings"
	"time"
)

// Found is what Probe saw.
type Found struct {
	Now     time.Time // by Redis
	Version string    // "7.0.15"; empty: this user may not ask
	// Private is whether nobody on the way can read along: by TLS, by a socket, or
	// because it is on this machine.
	Private bool
}

// Probe asks the Redis at address for its time, which also shows that its
// password is right, and for its version; caFile is Dial's.
func Probe(ctx context.Context, address, caFile string) (Found, error) {
	client, err := Dial(address, caFile)
	if err != nil {
		return Found{}, err
	}
	defer client.Close()
	answer, err := client.Do(ctx, client.B().Time().Build()).AsIntSlice()
	if err != nil {
		return Found{}, err
	}
	f := Found{Now: time.Unix(answer[0], answer[1]*int64(time.Microsecond)).UTC(), Private: isPrivate(address)}
	if info, err := client.Do(ctx, client.B().Info().Section("server").Build()).ToString(); err == nil {
		f.Version = versionIn(info)
	}
	return f, nil
}

// versionIn reads the version out of the answer to INFO.
func versionIn(info string) string {
	_, rest, _ := strings.Cut(info, "redis_version:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}

func isPrivate(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "rediss" || u.Scheme == "unix" || u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
