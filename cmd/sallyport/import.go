package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/factor/password"
)

type userImportCmd struct {
	File string `arg:"" help:"JSON Lines: one person a line." type:"existingfile"`
}

// Help teaches.
func (userImportCmd) Help() string {
	return `Each line is {"email":"ada@example.org","name":"Ada","password_hash":"$2b$12$…"}; the name may be missing. Hashes of bcrypt, PBKDF2, scrypt and argon2 are understood in their usual text forms and replaced by argon2id when the person first signs in. Every line is checked before anybody is added; a line that cannot be used is named with its number.`
}

// importLine is one person of the file.
type importLine struct {
	Email        string `json:"email"`
	Name         string `json:"name"`
	PasswordHash string `json:"password_hash"`
}

type person struct {
	line    int
	address account.Address
	name    string
	hash    string
}

func (c userImportCmd) Run(ctx context.Context, t terminal, s settings) error {
	people, bad, err := readPeople(c.File)
	if err != nil {
		return err
	}
	for _, b := range bad {
		_, _ = fmt.Fprintln(t.err, b)
	}
	if len(bad) > 0 {
		_, _ = fmt.Fprintf(t.err, "%d of %d lines cannot be used; nobody was added\n", len(bad), len(bad)+len(people))
		return errReported
	}
	return withApp(ctx, s, func(a *app.App) error { return addPeople(ctx, t, a, people) })
}

func addPeople(ctx context.Context, t terminal, a *app.App, people []person) error {
	added, skipped := 0, 0
	for _, p := range people {
		if _, err := a.Store.UserByEmail(ctx, p.address.Canonical); err == nil {
			_, _ = fmt.Fprintf(t.err, "line %d: the address has an account already; left as it is\n", p.line)
			skipped++
			continue
		}
		if _, err := a.Accounts.Import(ctx, p.address, p.name, account.Member, p.hash, account.Operator()); err != nil {
			return fmt.Errorf("line %d: %w", p.line, err)
		}
		added++
	}
	t.printf("added %d, left %d as they were\n", added, skipped)
	return nil
}

// maxLine is the longest line of an import file, in bytes.
const maxLine = 64 << 10

func readPeople(path string) (people []person, bad []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		p, err := readPerson(lines.Bytes())
		if err != nil {
			bad = append(bad, fmt.Sprintf("line %d: %v", n, explain(err)))
			continue
		}
		p.line = n
		people = append(people, p)
	}
	return people, bad, lines.Err()
}

func readPerson(line []byte) (p person, err error) {
	var in importLine
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return p, errors.New("not the expected JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return p, errors.New("something follows the person")
	}
	if p.address, err = account.ParseAddress(in.Email); err != nil {
		return p, err
	}
	if p.name, err = account.CleanName(in.Name); err != nil {
		return p, err
	}
	if in.PasswordHash != "" {
		if _, err := password.Known(in.PasswordHash); err != nil {
			return p, fmt.Errorf("password_hash is of no form that can be used")
		}
	}
	p.hash = in.PasswordHash
	return p, nil
}
