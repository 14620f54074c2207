package config_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
)

func TestParseEnvFile(t *testing.T) {
	got, ps := config.ParseEnvFile(strings.NewReader("\ufeff# a comment\r\n" + `
PLAIN=value
 SPACED = two words 
export EXPORTED=x
EMPTY=
COMMENTED=value # said aloud
HASH=a#b
ONLYCOMMENT=# nothing
DOUBLE="two  words # kept "
SINGLE='it "is" so' # comment
DOLLAR=a$HOME${X}
BACK="a\nb"
EQUALS=a=b==
`))
	want := map[string]string{
		"PLAIN": "value", "SPACED": "two words", "EXPORTED": "x", "EMPTY": "", "COMMENTED": "value",
		"HASH": "a#b", "ONLYCOMMENT": "", "DOUBLE": "two  words # kept ", "SINGLE": `it "is" so`,
		"DOLLAR": "a$HOME${X}", "BACK": `a\nb`, "EQUALS": "a=b==",
	}
	if len(ps) > 0 || !maps.Equal(got, want) {
		t.Errorf("got %q and %v,\nwant %q", got, ps, want)
	}
}

func TestParseEnvFileRefuses(t *testing.T) {
	for _, tc := range []struct{ name, content, want string }{
		{"no equals sign", "A=1\nhunter2\n", "line 2 is not NAME=value"},
		{"a name with a dash", "MY-NAME=hunter2", "line 1 is not NAME=value"},
		{"a name that starts with a digit", "1A=hunter2", "line 1 is not NAME=value"},
		{"an open quote", `A="hunter2`, "line 1 has an open or misplaced quote in A"},
		{"text after the quote", `A="x" hunter2`, "line 1 has an open or misplaced quote in A"},
		{"a name twice", "A=1\n\nA=hunter2", "line 3 gives A again (first on line 1)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, ps := config.ParseEnvFile(strings.NewReader(tc.content))
			if len(ps) != 1 || ps[0].What != tc.want {
				t.Errorf("got %v, want one problem: %s", ps, tc.want)
			}
			if strings.Contains(ps.Error(), "hunter2") {
				t.Errorf("the problem repeats a value: %v", ps)
			}
		})
	}
}

func TestEnvFileTooLarge(t *testing.T) {
	for name, content := range map[string]string{
		"one line":   "A=" + strings.Repeat("x", 2<<20),
		"many lines": strings.Repeat("# x\n", 1<<18) + "A=1\n",
	} {
		if got, ps := config.ParseEnvFile(strings.NewReader(content)); len(ps) != 1 || len(got) != 0 {
			t.Errorf("%s: got %v and %v, want one problem and no value", name, got, ps)
		}
	}
}

func TestEnvFileMissing(t *testing.T) {
	_, err := config.Load(nil, t.TempDir()+"/none")
	if err == nil || !strings.Contains(err.Error(), "--env-file: the file cannot be opened") {
		t.Errorf("got %v, want a problem with --env-file", err)
	}
	if _, err := config.Load(nil, t.TempDir()); err == nil {
		t.Error("a folder for a file: got no problem")
	}
}

func TestUnknownNames(t *testing.T) {
	for _, tc := range []struct{ name, hint string }{
		{"SMPT_SERVER", "SMTP_SERVER"},
		{"smtp_server", "SMTP_SERVER"},
		{"PUBLIC_ULR", "PUBLIC_URL"},
		{"PUBLICURL", "PUBLIC_URL"},
		{"LOGLEVEL", "LOG_LEVEL"},
		{"SIGNUPS", "SIGNUP"},
		{"TOTP_SKEW_STEP", "TOTP_SKEW_STEPS"},
		{"POSTGRES_PASSWORD", ""},
		{"HOME", ""},
		{strings.Repeat("X", 4096), ""},
	} {
		t.Run(tc.name[:min(len(tc.name), 20)], func(t *testing.T) {
			c, err := config.Load(nil, envFile(t, tc.name+"=1\n"))
			if tc.hint == "" {
				if err != nil || !slices.Equal(c.Unknown, []string{tc.name}) {
					t.Errorf("got %v and unknown %v, want it noted only", err, c.Unknown)
				}
				return
			}
			want := tc.name + ": there is no such setting. Did you mean " + tc.hint + "?"
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
	t.Run("the environment is not searched", func(t *testing.T) { load(t, "SMPT_SERVER=x", "garbage") })
}

func FuzzParseEnvFile(f *testing.F) {
	for _, seed := range []string{"A=1", "export B='x' # y", "A=\"", "A=1\nA=2", "\ufeff#", "=", "A=a #", "é=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		values, ps := config.ParseEnvFile(strings.NewReader(content))
		for name, v := range values {
			if name == "" || !strings.Contains(content, name) || !strings.Contains(content, v) {
				t.Errorf("%q=%q does not stand in the file", name, v)
			}
		}
		for _, p := range ps {
			if p.Name != "--env-file" || p.What == "" || p.Mend == "" {
				t.Errorf("half a problem: %+v", p)
			}
		}
	})
}
