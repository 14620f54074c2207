package testbed

import (
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Certificates are what deploy/certificates.sh makes for an operator, and the
// settings of deploy that use them, so that a test of them is one of those files.
// The servers also listen on 127.0.0.2, a name that no certificate holds.
type Certificates struct {
	CA string // file of the authority that vouches for the servers

	folder, hba, redisConf string
	pool                   *x509.CertPool
}

// NewCertificates makes an authority and the servers' certificates for this test.
func NewCertificates(tb testing.TB) *Certificates {
	tb.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		tb.Fatal(missing("openssl", "openssl"))
	}
	_, here, _, _ := runtime.Caller(0)
	deploy := filepath.Join(filepath.Dir(here), "..", "..", "deploy")
	c := &Certificates{folder: tb.TempDir(), pool: x509.NewCertPool()}
	c.CA = filepath.Join(c.folder, "ca.pem")
	if out, err := exec.Command(filepath.Join(deploy, "certificates.sh"), c.folder).CombinedOutput(); err != nil {
		tb.Fatalf("testbed: certificates.sh: %v\n%s", err, out)
	}
	for path, to := range map[string]*string{"postgres/pg_hba.conf": &c.hba, "redis/redis.conf": &c.redisConf} {
		text, err := os.ReadFile(filepath.Join(deploy, path))
		if err != nil {
			tb.Fatal(err)
		}
		*to = string(text)
	}
	ca, err := os.ReadFile(c.CA)
	if err != nil || !c.pool.AppendCertsFromPEM(ca) {
		tb.Fatalf("testbed: %s holds no certificate: %v", c.CA, err)
	}
	return c
}

// lend puts the certificate and the key of the server of that name, the
// authority and the rules of who may come in into a server's directory.
func (c *Certificates) lend(p *process, name string) error {
	for _, file := range []string{"ca.pem", name + ".pem", name + ".key"} {
		text, err := os.ReadFile(filepath.Join(c.folder, file))
		if err != nil {
			return fmt.Errorf("testbed: %w", err)
		}
		if err := p.write(file, string(text)); err != nil {
			return err
		}
	}
	return p.write("pg_hba.conf", c.hba)
}
