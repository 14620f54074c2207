package password_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/sallyport/sallyport/internal/factor/password"
)

// BenchmarkRawArgon2 is the floor that BenchmarkVerify is compared with.
func BenchmarkRawArgon2(b *testing.B) {
	p, salt := password.DefaultParams(), make([]byte, 16)
	for b.Loop() {
		argon2.IDKey([]byte(good), salt, p.Time, p.MemoryKiB, p.Threads, 32)
	}
}

func BenchmarkVerify(b *testing.B) {
	h := newHasher(b, password.Options{})
	encoded := hash(b, h, good)
	for b.Loop() {
		if got, err := h.Verify(context.Background(), encoded, good); err != nil || !got.Match {
			b.Fatal(got, err)
		}
	}
}

func BenchmarkSpend(b *testing.B) {
	h := newHasher(b, password.Options{})
	for b.Loop() {
		if err := h.Spend(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	p := password.Policy{Context: []string{"Sallyport"}}
	for b.Loop() {
		if err := p.Check(good, "alex.johnson@example.org"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheckWorst judges a weak password of the greatest length by one who
// has the most names.
func BenchmarkCheckWorst(b *testing.B) {
	text := strings.Repeat("1qaz2wsx3edc|475", 64)
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("name%d.surname%d@example.org", i, i))
	}
	for b.Loop() {
		if err := alone.Check(text, names...); err == nil {
			b.Fatal("accepted")
		}
	}
}
