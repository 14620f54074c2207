package redis

import (
	"context"
	"net"
	"net/url"
	"time"
)

// Probe asks the Redis at address for its time, which also shows that its
// password is right; caFile is Dial's. private reports whether nobody on the way
// can read along: by TLS, by a socket, or because it is on this machine.
func Probe(ctx context.Context, address, caFile string) (now time.Time, private bool, err error) {
	client, err := Dial(address, caFile)
	if err != nil {
		return now, false, err
	}
	defer client.Close()
	answer, err := client.Do(ctx, client.B().Time().Build()).AsIntSlice()
	if err != nil {
		return now, false, err
	}
	now = time.Unix(answer[0], answer[1]*int64(time.Microsecond)).UTC()
	return now, isPrivate(address), nil
}

func isPrivate(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "rediss" || u.Scheme == "unix" || u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
