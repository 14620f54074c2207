package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sallyport/sallyport/internal/fault"
)

// maxFields is how many refused values one answer names.
const maxFields = 16

// refusalOf translates an error Huma made by itself. Its texts are replaced by
// ours, because some repeat the refused value.
func refusalOf(m *huma.ErrorModel) *fault.Error {
	switch m.Status {
	case http.StatusBadRequest:
		return fault.New(fault.CodeMalformed).WithDetail(malformed(m))
	case http.StatusUnprocessableEntity:
		return fault.New(fault.CodeInvalidRequest).WithFields(fieldsOf(m.Errors)...)
	default:
		return fault.New(fault.CodeInternal)
	}
}

// malformed says what is wrong with a body as a whole: one of the sentences of
// parseStrict, or that there is none.
func malformed(m *huma.ErrorModel) string {
	for _, e := range m.Errors {
		switch b := bodyError(e.Message); b {
		case errNotUTF8, errNotJSON, errTrailing, errTooDeep, errDuplicate, errSurrogate, errNUL, errNumber:
			return string(b)
		}
	}
	if len(m.Errors) == 0 {
		return "A request body is required."
	}
	return ""
}

// fieldsOf names the refused values, sorted by place, the first maxFields.
func fieldsOf(details []*huma.ErrorDetail) []fault.Field {
	out := make([]fault.Field, 0, len(details))
	for _, d := range details {
		if d != nil {
			out = append(out, fieldOf(d))
		}
	}
	slices.SortFunc(out, func(a, b fault.Field) int { return strings.Compare(a.Path+a.Code, b.Path+b.Code) })
	out = slices.Compact(out)
	return out[:min(len(out), maxFields)]
}

// Huma's texts that carry the name of a field at a place of their own.
const (
	requiredBefore = "expected required property "
	requiredAfter  = " to be present"
	queryUnknown   = "unknown query parameter"
)

// phrase maps the beginning of a text of Huma to our sentence and code.
type phrase struct{ begins, says, code string }

// phrases is searched in order. A sentence that ends in a colon is followed by
// the rest of Huma's text, which then comes from the schema and not from the
// request.
func phrases() []phrase {
	return []phrase{
		{"unexpected property", "No such field is expected.", "unknown_field"},
		{queryUnknown, "No such parameter is expected.", "unknown_field"},
		{"required ", "This is required.", "required"},
		{"expected boolean", "Expected true or false.", "wrong_type"},
		{"expected number >=", "Expected at least:", "too_small"},
		{"expected number >", "Expected more than:", "too_small"},
		{"expected number <=", "Expected at most:", "too_large"},
		{"expected number <", "Expected less than:", "too_large"},
		{"expected number to be a multiple of", "Expected a multiple of:", "not_multiple"},
		{"expected number", "Expected a number.", "wrong_type"},
		{"expected integer", "Expected a whole number.", "wrong_type"},
		{"invalid integer", "Expected a whole number.", "wrong_type"},
		{"invalid float", "Expected a number.", "wrong_type"},
		{"invalid boolean", "Expected true or false.", "wrong_type"},
		{"expected string to match pattern", "Expected text that matches the pattern:", "pattern"},
		{"expected string to be base64", "Expected base64.", "format"},
		{"expected string to be RFC 5322 email", "Expected an e-mail address.", "format"},
		{"expected string to be RFC 3339", "Expected a date and time, as in 2006-01-02T15:04:05Z.", "format"},
		{"expected string to be RFC 4122 uuid", "Expected an id (UUID).", "format"},
		{"expected string to be RFC 3986 uri", "Expected a URL.", "format"},
		{"expected string to be", "Expected text of the documented form.", "format"},
		{"expected string", "Expected text.", "wrong_type"},
		{"expected length >=", "Expected characters at least:", "too_short"},
		{"expected length <=", "Expected characters at most:", "too_long"},
		{"expected array length >=", "Expected entries at least:", "too_short"},
		{"expected array length <=", "Expected entries at most:", "too_long"},
		{"expected array items to be unique", "Expected each entry once.", "not_unique"},
		{"expected array", "Expected a list.", "wrong_type"},
		{"expected object", "Expected an object.", "wrong_type"},
		{"expected value to be one of", "Expected one of:", "enum"},
	}
}

// fieldOf translates one refused value.
func fieldOf(d *huma.ErrorDetail) fault.Field {
	place := placeOf(d.Location)
	if name, ok := strings.CutPrefix(d.Message, requiredBefore); ok {
		return fault.Field{Path: join(place, strings.TrimSuffix(name, requiredAfter)), Message: "This is required.", Code: "required"}
	}
	for _, p := range phrases() {
		if rest, ok := strings.CutPrefix(d.Message, p.begins); ok {
			return fault.Field{Path: place, Message: sentence(p.says, rest), Code: p.code}
		}
	}
	return fault.Field{Path: place, Message: "This is not acceptable.", Code: "invalid"}
}

// sentence ends says with rest where it asks for one.
func sentence(says, rest string) string {
	if !strings.HasSuffix(says, ":") {
		return says
	}
	return says + " " + strings.TrimSpace(rest) + "."
}

// placeOf makes the path of a form field from Huma's location: "body.email" is
// "email". A place that the request itself named with more than letters, digits
// and the like is cut back to its parent.
func placeOf(location string) string {
	for location != "" && !isTidy(location) {
		i := strings.LastIndexByte(location, '.')
		location = location[:max(i, 0)]
	}
	if rest, ok := strings.CutPrefix(location, "body."); ok {
		return rest
	}
	if location == "" {
		return "body"
	}
	return location
}

func isTidy(s string) bool {
	if len(s) > 100 {
		return false
	}
	for i := range len(s) {
		c := s[i] | 0x20
		if ('a' > c || c > 'z') && ('0' > s[i] || s[i] > '9') && strings.IndexByte("_-.[]", s[i]) < 0 {
			return false
		}
	}
	return true
}

func join(place, name string) string {
	if place == "body" {
		return name
	}
	return place + "." + name
}
