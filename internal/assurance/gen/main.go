// Command gen writes docs/assurance.md. With the name of a file that go test
// -json wrote, it writes to standard output instead, with the results.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/sallyport/sallyport/internal/assurance"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	all, incomplete := assurance.Read(os.DirFS("."))
	if len(args) == 0 {
		var b bytes.Buffer
		if err := assurance.Write(&b, all, nil); err != nil {
			return err
		}
		return errors.Join(incomplete, os.WriteFile("docs/assurance.md", b.Bytes(), 0o644))
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	results, err := assurance.ReadResults(f, "github.com/sallyport/sallyport")
	if err != nil {
		return err
	}
	return errors.Join(incomplete, assurance.Write(os.Stdout, all, results))
}
