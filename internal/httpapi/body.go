package httpapi

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"reflect"
	"strings"

	"github.com/sallyport/sallyport/internal/fault"
)

// bodyKind says what a route reads.
type bodyKind struct {
	media string // the one media type that is accepted
	none  bool   // no input at all: an empty body, or {}
}

const jsonType = "application/json"

// bodyOf tells from the input type what the route reads: a field Body is JSON, a
// field RawBody is what its contentType tag says.
func bodyOf(input reflect.Type) bodyKind {
	if input.Kind() != reflect.Struct {
		panic("input must be a struct") // add makes it an error of Build
	}
	if f, ok := input.FieldByName("RawBody"); ok {
		if media := f.Tag.Get("contentType"); media != "" {
			return bodyKind{media: media}
		}
		return bodyKind{media: "application/octet-stream"}
	}
	_, ok := input.FieldByName("Body")
	return bodyKind{media: jsonType, none: !ok}
}

// readBody reads the whole body of at most size bytes, checks its media type and
// puts it back as memory. Safe methods without an input have none to read.
func readBody(w http.ResponseWriter, r *http.Request, kind bodyKind, size int64) error {
	if kind.none && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		return nil
	}
	if r.ContentLength > size {
		return fault.New(fault.CodeTooLarge)
	}
	if r.ContentLength != 0 {
		if err := checkMedia(r, kind.media); err != nil {
			return err
		}
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, size))
	if err != nil {
		return readError(err)
	}
	if kind.none && len(data) > 0 {
		if err := checkEmpty(data); err != nil {
			return err
		}
	}
	if len(data) > 0 {
		r.Header.Set("Content-Type", kind.media)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	return nil
}

// checkMedia accepts one Content-Type header with that media type, in UTF-8, and
// no content coding.
func checkMedia(r *http.Request, media string) error {
	refused := fault.New(fault.CodeUnsupportedMedia).WithDetail("Send the body as " + media + ".")
	if types := r.Header["Content-Type"]; len(types) != 1 || r.Header.Get("Content-Encoding") != "" {
		return refused
	}
	got, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || got != media {
		return refused
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return refused
		}
	}
	return nil
}

// checkEmpty accepts {} where a route takes no input.
func checkEmpty(data []byte) error {
	v, err := parseStrict(data)
	if err != nil {
		return fault.New(fault.CodeMalformed).WithDetail(err.Error())
	}
	if m, ok := v.(map[any]any); !ok || len(m) > 0 {
		return fault.InvalidField("body", "No field is expected here.", "unknown_field")
	}
	return nil
}

// readError says why a body did not arrive.
func readError(err error) error {
	var tooLarge *http.MaxBytesError
	var network net.Error
	switch {
	case errors.As(err, &tooLarge):
		return fault.Because(fault.CodeTooLarge, err)
	case errors.As(err, &network) && network.Timeout():
		return fault.Because(fault.CodeRequestTimeout, err)
	default: // cut off, or a broken chunk
		return fault.Because(fault.CodeMalformed, err)
	}
}
