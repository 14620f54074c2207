package testbed

import (
	"crypto/rand"
	"errors"
	"math/big"
	"net"
	"strconv"
	"testing"
)

// Ports below the range that the kernel hands out to outgoing connections, so
// that nothing takes the port of a server that is stopped for a moment.
const (
	firstPort = 20000
	lastPort  = 32000
)

// FreePort returns a loopback TCP port on which nothing listens.
func FreePort(tb testing.TB) int {
	tb.Helper()
	port, err := freePort()
	if err != nil {
		tb.Fatal(err)
	}
	return port
}

func freePort() (int, error) {
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(lastPort-firstPort))
		if err != nil {
			return 0, err
		}
		port := firstPort + int(n.Int64())
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		return port, l.Close()
	}
	return 0, errors.New("testbed: found no free port on 127.0.0.1 in 100 tries")
}
