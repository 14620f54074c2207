package totp

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"rsc.io/qr"
)

// Show gives a secret in the forms a person needs to set an app up: for typing,
// as an otpauth address, and that as a QR code.
func (Factor) Show(issuer, account string, secret []byte) (base32, uri, qr string, err error) {
	uri = URI(issuer, account, secret)
	qr, err = QR(uri)
	return Encode(secret), uri, qr, err
}

// URI returns the otpauth address that authenticator apps read from the QR code
// (Key Uri Format of Google Authenticator).
func URI(issuer, account string, secret []byte) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account}
	// Apps disagree about "+" for a space, so the query is encoded with %20.
	u.RawQuery = strings.ReplaceAll(url.Values{
		"secret": {Encode(secret)}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"},
	}.Encode(), "+", "%20")
	return u.String()
}

// quiet is the white border of a QR code in modules (ISO/IEC 18004 §6.3.8).
const quiet = 4

// QR returns uri as an SVG image in a data URI: black on white, without script,
// one path.
func QR(uri string) (string, error) {
	code, err := qr.Encode(uri, qr.M)
	if err != nil {
		return "", err
	}
	var path strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	side := code.Size + 2*quiet
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`, side, side, side, side, path.String())
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg)), nil
}
