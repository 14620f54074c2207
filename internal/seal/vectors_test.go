package seal_test

// What the first version wrote with keyA, checked once against another
// implementation of HKDF, HMAC and AES-GCM.
const (
	firstVersion = "016380c36ff26a8e3b448ba5aa35a917acf6c03956fceb185504766eda7411c191098b587350b68181ee39d9d712c5"
	firstMAC     = "6789d28faadc59fc6df97cff905b2f20d31e5c41a5521bf6f72c6b6dad8a554d"
)
