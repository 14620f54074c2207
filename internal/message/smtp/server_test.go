package smtp_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a mail server on loopback that says what a test tells it to.
type server struct {
	t        *testing.T
	listener net.Listener
	config   *tls.Config
	implicit bool              // TLS from the first byte
	offers   []string          // lines of the EHLO answer
	replies  map[string]string // verb, or "end" for the end of the data → reply; "hang", "drop"
	roots    *x509.CertPool

	mu    sync.Mutex
	lines []string // commands as received
	mails []string // data of accepted mails
	wg    sync.WaitGroup
	conns map[net.Conn]bool
}

// serve starts a server; change may set it up before it listens.
func serve(t *testing.T, change func(*server)) *server {
	t.Helper()
	s := &server{t: t, offers: []string{"STARTTLS", "AUTH PLAIN LOGIN CRAM-MD5", "8BITMIME", "ENHANCEDSTATUSCODES"}, replies: map[string]string{}, conns: map[net.Conn]bool{}}
	s.config, s.roots = certificate(t)
	if change != nil {
		change(s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = l
	s.wg.Go(s.accept)
	t.Cleanup(s.stop)
	return s
}

func (s *server) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *server) stop() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.wg.Go(func() {
			defer c.Close()
			if s.implicit {
				s.talk(tls.Server(c, s.config), true)
				return
			}
			s.talk(c, false)
		})
	}
}

func (s *server) note(list *[]string, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*list = append(*list, line)
}

func (s *server) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

func (s *server) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.mails...)
}

// dialogue is one connection being served.
type dialogue struct {
	*server
	conn   net.Conn
	in     *bufio.Reader
	secure bool
}

func (s *server) talk(c net.Conn, secure bool) {
	d := &dialogue{server: s, conn: c, in: bufio.NewReader(c), secure: secure}
	for ok := d.say("greeting", "220 test ready"); ok; {
		line, err := d.in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.note(&s.lines, line)
		ok = d.obey(line)
	}
}

// say answers as the test wants, or as usual. It returns false when the
// connection is over.
func (d *dialogue) say(verb, usual string) bool {
	reply, ok := d.replies[verb]
	if !ok {
		reply = usual
	}
	switch reply {
	case "hang":
		_, _ = d.in.ReadByte() // until the client gives up
		return false
	case "drop":
		return false
	}
	_, err := d.conn.Write([]byte(reply + "\r\n"))
	return err == nil
}

func (d *dialogue) obey(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb = strings.ToUpper(verb); verb {
	case "EHLO":
		return d.say(verb, d.ehlo())
	case "STARTTLS":
		if !d.say(verb, "220 go") {
			return false
		}
		d.conn, d.secure = tls.Server(d.conn, d.config), true
		d.in = bufio.NewReader(d.conn)
		return true
	case "AUTH":
		return d.auth(rest) && d.say(verb, "235 welcome")
	case "DATA":
		return d.say(verb, "354 go on") && (d.replies[verb] != "" || d.data() && d.say("end", "250 2.0.0 taken"))
	case "QUIT":
		d.say(verb, "221 bye")
		return false
	default:
		return d.say(verb, "250 2.0.0 ok")
	}
}

func (d *dialogue) ehlo() string {
	lines := []string{"test"}
	for _, o := range d.offers {
		if o != "STARTTLS" || !d.secure {
			lines = append(lines, o)
		}
	}
	last := len(lines) - 1
	var b strings.Builder
	for _, l := range lines[:last] {
		b.WriteString("250-" + l + "\r\n")
	}
	return b.String() + "250 " + lines[last]
}

// auth hears the credentials out and notes them in the clear.
func (d *dialogue) auth(rest string) bool {
	mech, first, _ := strings.Cut(rest, " ")
	var heard []string
	ask := func(challenge string) bool {
		if !d.say("challenge", "334 "+base64.StdEncoding.EncodeToString([]byte(challenge))) {
			return false
		}
		line, err := d.in.ReadString('\n')
		heard = append(heard, decode(strings.TrimSpace(line)))
		return err == nil
	}
	ok := true
	switch mech {
	case "PLAIN":
		heard = append(heard, strings.ReplaceAll(decode(first), "\x00", "|"))
	case "LOGIN":
		ok = ask("Username:") && ask("Password:")
	case "CRAM-MD5":
		ok = ask("<1.2@test>")
	}
	d.note(&d.lines, "credentials "+strings.Join(heard, ","))
	return ok
}

func decode(s string) string {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "not base64"
	}
	return string(b)
}

func (d *dialogue) data() bool {
	var b strings.Builder
	for {
		line, err := d.in.ReadString('\n')
		switch {
		case err != nil:
			return false
		case line == ".\r\n":
			d.note(&d.mails, b.String())
			return true
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

// certificate makes a certificate for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}
