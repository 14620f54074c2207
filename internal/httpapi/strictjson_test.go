package httpapi_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/httpapi"
)

func TestParseStrict(t *testing.T) {
	nest := func(open, shut string, n int) string { return strings.Repeat(open, n) + "1" + strings.Repeat(shut, n) }
	tests := []struct {
		name, in, want string // want is the refusal; empty: read
	}{
		{"an object", `{"a":1,"b":[true,null,"x"]}`, ""},
		{"a scalar", `"x"`, ""},
		{"spaces around", " \r\n\t{} \n", ""},
		{"the same name in two objects", `[{"a":1},{"a":2}]`, ""},
		{"a pair of surrogates", `"\ud83d\ude00"`, ""},
		{"a backslash before u0000", `"\\u0000"`, ""},
		{"OP-04 32 deep", nest("[", "]", 32), ""},
		{"OP-04 32 deep in objects", nest(`{"a":`, "}", 32), ""},
		{"OP-04 33 deep", nest("[", "]", 33), "32 deep"},
		{"OP-04 33 deep in objects", nest(`{"a":`, "}", 33), "32 deep"},
		{"OP-04 name twice", `{"a":1,"a":1}`, "twice"},
		{"OP-04 name twice by escape", `{"a":1,"\u0061":1}`, "twice"},
		{"OP-04 empty name twice", `{"":1,"":1}`, "twice"},
		{"OP-04 nothing", ``, "valid JSON"},
		{"OP-04 two values", `1 2`, "follows"},
		{"OP-04 open object", `{"a":1`, "valid JSON"},
		{"OP-04 open text", `"abc`, "valid JSON"},
		{"OP-04 wrong bracket", `[1}`, "valid JSON"},
		{"OP-04 comma before the end", `[1,]`, "valid JSON"},
		{"OP-04 no comma", `[1 2]`, "valid JSON"},
		{"OP-04 no colon", `{"a" 1}`, "valid JSON"},
		{"OP-04 name is a number", `{1:1}`, "valid JSON"},
		{"OP-04 single quotes", `{'a':1}`, "valid JSON"},
		{"OP-04 leading zero", `01`, "follows"},
		{"OP-04 plus sign", `+1`, "valid JSON"},
		{"OP-04 hexadecimal", `0x10`, "follows"},
		{"OP-04 infinity", `Infinity`, "valid JSON"},
		{"OP-04 1e400", `1e400`, "out of range"},
		{"OP-04 raw line end in text", "\"a\nb\"", "valid JSON"},
		{"OP-04 high half alone", `"\ud83d"`, "surrogate"},
		{"OP-04 low half alone", `"\ude00"`, "surrogate"},
		{"OP-04 halves the wrong way round", `"\ude00\ud83d"`, "surrogate"},
		{"OP-04 high half at the end", `"\uD83D\u`, "surrogate"},
		{"OP-04 NUL", `"\u0000"`, "NUL"},
		{"OP-04 NUL in a name", `{"a\u0000":1}`, "NUL"},
		{"OP-04 overlong UTF-8", "\"\xc0\xaf\"", "UTF-8"},
		{"OP-04 surrogate in UTF-8", "\"\xed\xa0\x80\"", "UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := httpapi.ParseStrict([]byte(tt.in))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("%.60s: got refusal %q, want one about %q", tt.in, got, tt.want)
			}
		})
	}
}

// FuzzParseStrict holds that whatever is read is what encoding/json reads too,
// and that what is read has no name twice.
func FuzzParseStrict(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,{"b":null}],"c":"\ud83d\ude00"}`, `{"a":1,"a":2}`, `[[[]]]`, `"\ud800"`, `1e400`, "\xff", `{} {}`, `"\\u0000"`, `{"\u0061":-0}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := httpapi.ParseStrict(data)
		if err != nil {
			if strings.Contains(string(data), "canary") && strings.Contains(err.Error(), "canary") {
				t.Errorf("the refusal repeats the body: %v", err)
			}
			return
		}
		var want any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("read %q, which encoding/json refuses: %v", data, err)
		}
		if !reflect.DeepEqual(plain(got), want) {
			t.Errorf("%q: got %#v, want %#v", data, plain(got), want)
		}
		back, err := json.Marshal(want)
		if err != nil || bytes.ContainsRune(back, '\ufffd') && !bytes.ContainsRune(data, '\ufffd') && !bytes.Contains(bytes.ToLower(data), []byte(`\ufffd`)) {
			t.Errorf("%q: a character was replaced silently: %s %v", data, back, err)
		}
	})
}

// plain turns map[any]any into what encoding/json makes.
func plain(v any) any {
	switch v := v.(type) {
	case map[any]any:
		m := map[string]any{}
		for k, inner := range v {
			m[k.(string)] = plain(inner)
		}
		return m
	case []any:
		a := make([]any, len(v))
		for i := range v {
			a[i] = plain(v[i])
		}
		return a
	default:
		return v
	}
}
