package factor

import "encoding/base64"

// model is one well-known authenticator: what people call it, and what it looks
// like.
type model struct {
	name string
	icon icon
}

// authenticators are what people call well-known authenticators, by AAGUID. They are a
// courtesy of the list of passkeys and prove nothing: without attestation an
// authenticator can say to be any model.
var authenticators = map[string]model{
	"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": {"Apple Passwords", manager},
	"dd4ec289-e01d-41c9-bb89-70fa845d4bf2": {"iCloud Keychain (managed)", manager},
	"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": {"Google Password Manager", manager},
	"adce0002-35bc-c60a-648b-0b25f1f05503": {"Chrome on Mac", device},
	"771b48fd-d3d4-4f74-9232-fc157ab0507a": {"Edge on Mac", device},
	"08987058-cadc-4b81-b6e1-30de50dcbe96": {"Windows Hello", device},
	"9ddd1817-af5a-4672-a2b9-3e3dd95000a9": {"Windows Hello", device},
	"6028b017-b1d4-4c02-b4b3-afcdafc96bb2": {"Windows Hello", device},
	"53414d53-554e-4700-0000-000000000000": {"Samsung Pass", manager},
	"bada5566-a7aa-401f-bd96-45619a55120d": {"1Password", manager},
	"d548826e-79b4-db40-a3d8-11116f7e8349": {"Bitwarden", manager},
	"531126d6-e717-415c-9320-3d9aa6981239": {"Dashlane", manager},
	"f3809540-7f14-49c1-a8b3-8f813b225541": {"Enpass", manager},
	"fdb141b2-5d84-443e-8a35-4698c205a502": {"KeePassXC", manager},
	"eaecdef2-1c31-5634-8639-f1cbd9c00a08": {"KeePassDX", manager},
	"0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6": {"Keeper", manager},
	"b78a0a55-6ef8-d246-a042-ba0f6d55050c": {"LastPass", manager},
	"b84e4048-15dc-4dd0-8640-f4f60813c8af": {"NordPass", manager},
	"50726f74-6f6e-5061-7373-50726f746f6e": {"Proton Pass", manager},
	"cb69481e-8ff7-4039-93ec-0a2729a154a8": {"YubiKey 5", key},
	"ee882879-721c-4913-9775-3dfcce97072a": {"YubiKey 5", key},
	"fa2b99dc-9e39-4257-8f92-4a30d23c4118": {"YubiKey 5 NFC", key},
	"2fc0579f-8113-47ea-b116-bb5a8db9202a": {"YubiKey 5 NFC", key},
	"c5ef55ff-ad9a-4b9f-b580-adebafe026d0": {"YubiKey 5Ci", key},
	"d8522d9f-575b-4866-88a9-ba99fa02f35b": {"YubiKey Bio", key},
	"f8a011f3-8c0a-4d15-8006-17111f9edc7d": {"Security Key by Yubico", key},
	"b92c3f9a-c014-4056-887f-140a2501163b": {"Security Key by Yubico", key},
	"6d44ba9b-f6ec-2e49-b930-0c8fe920cb73": {"Security Key NFC by Yubico", key},
	"149a2021-8ef6-4133-96b8-81f8d5b7f1f5": {"Security Key NFC by Yubico", key},
	"42b4fb4a-2866-43b2-9bf7-6c6669c2e5d3": {"Titan Security Key", key},
}

// Authenticator returns what people call the maker or model of the passkey's
// authenticator; "" for one that is not on the list.
func (p Passkey) Authenticator() string { return authenticators[p.AAGUID].name }

// Icon returns a picture of the sort of authenticator, an SVG in a data URI, grey
// so that it shows on light and on dark. One that is not on the list is drawn by
// whether it can leave its device.
func (p Passkey) Icon() string {
	shape := authenticators[p.AAGUID].icon
	switch {
	case shape != "":
	case p.Synced:
		shape = manager
	default:
		shape = key
	}
	svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#868e96" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="` + string(shape) + `"/></svg>`
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))
}

// icon is the outline of a sort of authenticator, as the path of an SVG.
type icon string

// The sorts: a computer or phone, a password manager that syncs, a key to carry.
const (
	device  icon = "M4 5h16v10H4zM2 19h20M9 19l1-4h4l1 4"
	manager icon = "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5zM12 14v3"
	key     icon = "M8 15a4 4 0 1 1 0-8 4 4 0 0 1 0 8zM12 11h9v4M17 11v3"
)
