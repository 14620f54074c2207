package factor_test

import (
	"encoding/base64"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/factor"
)

func TestAuthenticators(t *testing.T) {
	key := factor.Passkey{AAGUID: "cb69481e-8ff7-4039-93ec-0a2729a154a8"}
	manager := factor.Passkey{AAGUID: "bada5566-a7aa-401f-bd96-45619a55120d", Synced: true}
	laptop := factor.Passkey{AAGUID: "08987058-cadc-4b81-b6e1-30de50dcbe96"}
	unknown := factor.Passkey{AAGUID: "00000000-0000-0000-0000-000000000000"}
	for want, p := range map[string]factor.Passkey{"YubiKey 5": key, "1Password": manager, "Windows Hello": laptop, "": unknown} {
		if got := p.Authenticator(); got != want {
			t.Errorf("%s: got %q, want %q", p.AAGUID, got, want)
		}
	}
	if key.Icon() == manager.Icon() || key.Icon() == laptop.Icon() || manager.Icon() == laptop.Icon() {
		t.Error("got one picture for different sorts, want three")
	}
	if unknown.Icon() != key.Icon() || (factor.Passkey{Synced: true}).Icon() != manager.Icon() {
		t.Error("an unknown one: got another picture, want that of its sort")
	}
	for _, p := range []factor.Passkey{key, manager, laptop} {
		svg, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.Icon(), "data:image/svg+xml;base64,"))
		if err != nil || xml.Unmarshal(svg, new(struct{})) != nil || !strings.HasPrefix(string(svg), "<svg ") {
			t.Errorf("%s: got %s, %v, want an SVG", p.Authenticator(), svg, err)
		}
	}
}
