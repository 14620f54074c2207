package totp_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/totp"
)

// TestWindow shows at which instants the code of one step counts.
func TestWindow(t *testing.T) {
	const step = 59_000_000
	begin := time.Unix(step*30, 0)
	code, err := totp.Code(secret, step)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		at         time.Duration // after the step began
		none, back bool          // whether it counts with 0 and with 1 step back
	}{
		"TO-03 a moment too early":          {-time.Microsecond, false, false},
		"TO-03 a whole step early":          {-totp.Step, false, false},
		"TO-03 as the step begins":          {0, true, true},
		"TO-03 as the step ends":            {totp.Step - time.Microsecond, true, true},
		"TO-03 in the next step":            {totp.Step, false, true},
		"TO-03 as the next step ends":       {2*totp.Step - time.Microsecond, false, true},
		"TO-03 in the second step after it": {2 * totp.Step, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			for back, want := range []bool{tt.none, tt.back} {
				got, ok, err := totp.Factor{Back: back}.Match(secret, code, begin.Add(tt.at))
				if err != nil || ok != want || ok && got != step {
					t.Errorf("%d back: got step %d, %v, %v, want %v", back, got, ok, err, want)
				}
			}
		})
	}
	if totp.Digits != 6 || totp.Step != 30*time.Second {
		t.Errorf("TO-03 got %d digits, %v, want 6 and 30 s", totp.Digits, totp.Step)
	}
}

func TestRead(t *testing.T) {
	for in, want := range map[string]string{"123456": "123456", "000000": "000000", " 123456\n": "123456", "\u3000123456\u00a0": "123456"} {
		if got, err := (totp.Factor{}).Read(in); err != nil || got != want {
			t.Errorf("TO-05 %q: got %q, %v, want %q", in, got, err, want)
		}
	}
	for name, in := range map[string]string{
		"nothing": "", "five": "12345", "seven": "1234567", "eight": "12345678", "an inner space": "123 456", "a dash": "123-456",
		"a plus": "+12345", "a plus before": "+123456", "a minus": "-12345", "a point": "1234.5", "hexadecimal": "0x1234", "a letter": "12345a",
		"full width": "１２３４５６", "two full width": "１２", "Arabic": "١٢٣٤٥٦", "Arabic, six bytes": "١٢٣", "a combining mark": "12345\u0301",
		"a zero byte": "12345\x00", "an invalid byte": "12345\xff", "a list": `["123456"]`, "long": strings.Repeat("1", 1<<20),
		"zero width space": "\u200b123456", "letters in the middle": "12ab56",
	} {
		if got, err := (totp.Factor{}).Read(in); !errors.Is(err, factor.ErrMalformed) || got != "" {
			t.Errorf("TO-05 %s: got %q, %v, want %v", name, got, err, factor.ErrMalformed)
		}
	}
}
