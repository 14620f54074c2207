package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/config"
)

type healthCmd struct{}

// Help teaches.
func (healthCmd) Help() string {
	return "Asks /api/v1/health/ready at LISTEN_ADDR and exits with 0 if the server can work, with 1 if not. It is the health check of a container, which holds no other program. Run it with the same settings as the server."
}

// healthPatience is how long the server may take to answer.
const healthPatience = 5 * time.Second

// Run opens no database: it asks the server that runs beside it.
func (healthCmd) Run(ctx context.Context, t terminal, s settings) error {
	cfg, err := config.Load(s.environ, s.file)
	if err != nil {
		return err
	}
	at, err := nearby(cfg.HTTP.ListenAddr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at+"/api/v1/health/ready", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{}} // a proxy of the environment is for the world outside
	defer client.CloseIdleConnections()
	answer, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("no server answers at %s; is it running, with the same LISTEN_ADDR?", at)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the server at %s is not ready: it answers %d; its log says why", at, answer.StatusCode)
	}
	t.printf("ready\n")
	return nil
}

// nearby returns where this machine reaches a server that listens on addr. One
// that listens on every address is reached by loopback.
func nearby(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	switch {
	case err != nil:
		return "", fmt.Errorf("LISTEN_ADDR: %w", err)
	case port == "0":
		return "", errors.New("LISTEN_ADDR leaves the port to the system, so there is no telling where the server is")
	case host == "", net.ParseIP(host).IsUnspecified():
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}
