package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// readPassword gets a password without it ever being an argument: typed twice on
// a terminal, which does not show it, or the first line of standard input. It
// returns "" where there is none.
func (t terminal) readPassword(ctx context.Context) (string, error) {
	tty, ok := t.in.(*os.File)
	if !ok || !term.IsTerminal(int(tty.Fd())) {
		return firstLine(t.in)
	}
	first, err := t.typed(ctx, tty, "Password: ")
	if err != nil {
		return "", err
	}
	again, err := t.typed(ctx, tty, "The same again: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", errors.New("the two do not match; nothing was changed")
	}
	return first, nil
}

// typed reads one line from a terminal with its echo off. The echo is switched
// on again also if a signal cuts the wait short; the reader is then left behind,
// as the program is about to end.
func (t terminal) typed(ctx context.Context, tty *os.File, prompt string) (string, error) {
	_, _ = fmt.Fprint(t.err, prompt)
	defer func() { _, _ = fmt.Fprintln(t.err) }()
	before, err := term.GetState(int(tty.Fd()))
	if err != nil {
		return "", err
	}
	type line struct {
		text []byte
		err  error
	}
	done := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(int(tty.Fd()))
		done <- line{text, err}
	}()
	select {
	case l := <-done:
		return string(l.text), l.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(int(tty.Fd()), before))
	}
}

// maxTyped is more than any password that is accepted, in bytes.
const maxTyped = 4 << 10

// firstLine reads up to the first line end, which is dropped; nothing else is
// trimmed (PW-03).
func firstLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxTyped)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}
