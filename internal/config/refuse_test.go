package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/seal"
)

func TestRefusedValues(t *testing.T) {
	for _, tc := range []struct{ name, give string }{
		{"PW-01 a floor of 8", "PASSWORD_MIN_LENGTH=7"},
		{"PW-01 a minimum nobody meets", "PASSWORD_MIN_LENGTH=65"},
		{"PW-06 little memory", "ARGON2_MEMORY_KIB=12287"},
		{"PW-06 two passes need 19 MiB", "ARGON2_MEMORY_KIB=19455"},
		{"PW-07 memory above what a hash may ask", "ARGON2_MEMORY_KIB=262145"},
		{"PW-07 passes above what a hash may ask", "ARGON2_TIME=17"},
		{"PW-07 lanes above what a hash may ask", "ARGON2_PARALLELISM=9"},
		{"TK-04 access tokens of 16 minutes", "ACCESS_TOKEN_LIFE=16m"},
		{"TK-08 a grace of 11 s", "REFRESH_GRACE=11s"},
		{"TK-09 sessions of 31 days", "SESSION_LIFE=31d"},
		{"OP-10 step-up after 16 minutes", "STEP_UP_MAX_AGE=16m"},
		{"TO-03 two steps", "TOTP_SKEW_STEPS=2"},
		{"RL-01 endless tries", "MFA_CHALLENGE_TRIES=101"},
		{"OT-01 codes of 11 minutes", "MFA_CODE_VALIDITY=11m"},
		{"OT-01 codes of seconds", "MFA_CODE_VALIDITY=59s"},
		{"MF-06 devices of 31 days", "MFA_REMEMBER_DEVICE=31d"},
		{"OT-06 a country nobody knows", "SMS_COUNTRIES=US,XX"},
		{"OT-06 a country twice", "SMS_COUNTRIES=US,US"},
		{"OT-06 no limit on a number", "RATE_SMS_NUMBER=,"},
		{"OT-06 half a limit on a number", "RATE_SMS_NUMBER=1/1m,5"},
		{"a webhook secret of no kind", "SMS_WEBHOOK_SECRET=" + goodKey},
		{"a webhook secret that is not base64", "SMS_WEBHOOK_SECRET=whsec_!"},
		{"a short webhook secret", "SMS_WEBHOOK_SECRET=whsec_c2hvcnQ="},
		{"RL-07 a short prefix", "IPV6_PREFIX=47"},
		{"RL-08 everybody a proxy, IPv4", "TRUSTED_PROXIES=0.0.0.0/0"},
		{"RL-08 everybody a proxy, IPv6", "TRUSTED_PROXIES=10.0.0.0/8,::/0"},
		{"a proxy by name", "TRUSTED_PROXIES=proxy.example.org"},
		{"RL-13 a limit of nothing", "RATE_LOGIN_IP=0/1m"},
		{"RL-13 a limit that is none", "RATE_LOGIN_IP=1000001/1m"},
		{"RL-13 no slash", "RATE_LOGIN_IP=10"},
		{"RL-13 no time", "RATE_LOGIN_IP=10/"},
		{"RL-13 an instant", "RATE_LOGIN_IP=10/1ms"},
		{"RL-13 a week", "RATE_LOGIN_IP=10/7d"},
		{"OP-07 any origin", "CORS_ORIGINS=*"},
		{"OP-07 a pattern", "CORS_ORIGINS=https://*.example.org"},
		{"OP-07 an origin with a path", "CORS_ORIGINS=https://a.example.org/x"},
		{"OP-07 the null origin", "CORS_ORIGINS=null"},
		{"RC-03 a path", "PUBLIC_URL=http://localhost:8000/auth"},
		{"RC-03 credentials", "PUBLIC_URL=http://u:p@localhost:8000"},
		{"RC-03 a query", "FRONTEND_URL=http://localhost/?x=1"},
		{"RC-03 another scheme", "FRONTEND_URL=javascript:alert(1)"},
		{"RC-03 no host", "PUBLIC_URL=http://"},
		{"RC-03 a port of letters", "PUBLIC_URL=http://localhost:http"},
		{"RC-03 a colon and no port", "PUBLIC_URL=http://localhost:"},
		{"RC-03 port 0", "PUBLIC_URL=http://localhost:0"},
		{"RC-03 a host with blanks", "PUBLIC_URL=http://local host"},
		{"no port to listen on", "LISTEN_ADDR=localhost"},
		{"a port too large", "LISTEN_ADDR=:65536"},
		{"no database file", "DATABASE_URL=sqlite:"},
		{"a database that forgets", "DATABASE_URL=sqlite::memory:"},
		{"parameters of a SQLite file", "DATABASE_URL=sqlite:x.db?mode=ro"},
		{"another database", "DATABASE_URL=mysql://root@localhost/x"},
		{"another store", "REDIS_URL=http://localhost:6379"},
		{"an authority for nobody", "REDIS_TLS_CA_FILE=ca.pem"},
		{"another profile", "SECURITY_PROFILE=lax"},
		{"another algorithm", "TOKEN_ALG=none"},
		{"TK-01 a shared secret", "TOKEN_ALG=HS256"},
		{"neither true nor false", "AUTO_MIGRATE=maybe"},
		{"not a number", "SMTP_PORT=25a"},
		{"not a duration", "WS_HEARTBEAT=25"},
		{"WS-03 ten seconds without a token", "WS_AUTH_TIMEOUT=10s"},
		{"AU-04 a line end in a name", "APP_NAME=Acme\r\nBcc: all@example.org"},
		{"a name without end", "APP_NAME=" + strings.Repeat("x", 65)},
		{"an audience without end", "TOKEN_AUDIENCE=" + strings.Repeat("x", 256)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			name, _, _ := strings.Cut(tc.give, "=")
			ps := problems(t, tc.give)
			if !slices.Equal(names(ps), []string{name}) {
				t.Fatalf("got problems %v, want one with %s", ps, name)
			}
			if ps[0].What == "" || ps[0].Mend == "" {
				t.Errorf("got %+v, want what is wrong and how to mend it", ps[0])
			}
		})
	}
}

func TestArgon2Floors(t *testing.T) {
	for _, tc := range []struct {
		name, memory, time string
		ok                 bool
	}{
		{"PW-06 one pass", "47104", "1", true},
		{"PW-06 one pass, too little", "47103", "1", false},
		{"PW-06 two passes", "19456", "2", true},
		{"PW-06 two passes, too little", "19455", "2", false},
		{"PW-06 three passes", "12288", "3", true},
		{"PW-06 four passes", "12288", "4", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ps := problems(t, "ARGON2_MEMORY_KIB="+tc.memory, "ARGON2_TIME="+tc.time)
			if (len(ps) == 0) != tc.ok {
				t.Errorf("got problems %v, want accepted: %v", ps, tc.ok)
			}
		})
	}
}

func TestRedisAuthorityNeedsTLS(t *testing.T) {
	load(t, "REDIS_URL=rediss://:p@redis:6379/0", "REDIS_TLS_CA_FILE=ca.pem")
	if ps := problems(t, "REDIS_URL=redis://:p@redis:6379/0", "REDIS_TLS_CA_FILE=ca.pem"); !slices.Equal(names(ps), []string{"REDIS_TLS_CA_FILE"}) {
		t.Errorf("an authority for a connection in the clear: got problems %v, want one with REDIS_TLS_CA_FILE", ps)
	}
}

func TestStrictProfile(t *testing.T) {
	c := load(t, "SECURITY_PROFILE=strict")
	if got := shown(c, "SESSION_LIFE") + " " + shown(c, "SESSION_IDLE") + " " + shown(c, "MFA_POLICY"); got != "24h 1h required" {
		t.Errorf("TK-09 defaults: got %s, want 24h 1h required", got)
	}
	load(t, "SECURITY_PROFILE=strict", "SESSION_LIFE=8h", "SESSION_IDLE=30m", "STEP_UP_MAX_AGE=2m", "PASSWORD_MIN_LENGTH=20")
	for _, loose := range []string{
		"SESSION_LIFE=25h", "SESSION_IDLE=61m", "STEP_UP_MAX_AGE=6m", "MFA_POLICY=optional", "MFA_POLICY=admins",
		"PASSWORD_MIN_LENGTH=14", "EMAIL_VERIFICATION=optional", "MFA_SMS=true", "MFA_EMAIL=true", "MFA_REMEMBER_DEVICE=1h",
	} {
		t.Run("TK-09 "+loose, func(t *testing.T) {
			name, _, _ := strings.Cut(loose, "=")
			if ps := problems(t, "SECURITY_PROFILE=strict", loose); !slices.Equal(names(ps), []string{name}) {
				t.Errorf("got problems %v, want one with %s", ps, name)
			}
			load(t, loose) // the standard profile allows it
		})
	}
}

func TestSessionTimesFit(t *testing.T) {
	if ps := problems(t, "SESSION_LIFE=1h", "SESSION_IDLE=2h"); !slices.Equal(names(ps), []string{"SESSION_IDLE"}) {
		t.Errorf("idle over life: got %v, want a problem with SESSION_IDLE", ps)
	}
	if ps := problems(t, "ACCESS_TOKEN_LIFE=15m", "SESSION_IDLE=10m"); !slices.Equal(names(ps), []string{"SESSION_IDLE"}) {
		t.Errorf("idle under the access token's life: got %v, want a problem with SESSION_IDLE", ps)
	}
	if got := shown(load(t, "SESSION_LIFE=24h"), "SESSION_IDLE"); got != "24h" {
		t.Errorf("a default idle is cut to the life: got %s, want 24h", got)
	}
}

func TestNonLocalRefusals(t *testing.T) {
	load(t, remote()...)
	for _, tc := range []struct {
		name string
		give []string
		want []string
	}{
		{"plain http", []string{"PUBLIC_URL=http://auth.example.org"}, []string{"PUBLIC_URL"}},
		{"no mail server", []string{"SMTP_SERVER="}, []string{"SMTP_SERVER"}},
		{"TK-06 no secret", []string{"SECRET_KEY="}, []string{"SECRET_KEY"}},
		{"OP-07 a plain http origin", []string{"CORS_ORIGINS=https://a.example.org,http://b.example.org"}, []string{"CORS_ORIGINS"}},
		{"WS-01 a plain http origin for sockets", []string{"WS_ORIGINS=http://b.example.org"}, []string{"WS_ORIGINS"}},
		{"WA-03 a plain http origin for passkeys", []string{"WEBAUTHN_ORIGINS=http://auth.example.org"}, []string{"WEBAUTHN_ORIGINS"}},
		{"a plain http front end", []string{"FRONTEND_URL=http://app.auth.example.org"}, []string{"FRONTEND_URL"}},
		{"mail in the clear", []string{"SMTP_TLS=none"}, []string{"SMTP_TLS"}},
		{"half a sign-in to the mail server", []string{"SMTP_USERNAME=u"}, []string{"SMTP_PASSWORD"}},
		{"a mail server with its port", []string{"SMTP_SERVER=mail.example.org:587"}, []string{"SMTP_SERVER"}},
		{"a sender that is none", []string{"SMTP_FROM=nobody"}, []string{"SMTP_FROM"}},
		{"WA-05 an RP ID above all", []string{"WEBAUTHN_RP_ID=org"}, []string{"WEBAUTHN_RP_ID"}},
		{"WA-05 an RP ID anybody shares", []string{"WEBAUTHN_RP_ID=co.uk", "PUBLIC_URL=https://example.co.uk"}, []string{"WEBAUTHN_RP_ID"}},
		{"WA-05 an RP ID of somebody else", []string{"WEBAUTHN_RP_ID=example.com"}, []string{"WEBAUTHN_RP_ID"}},
		{"WA-05 half a label", []string{"WEBAUTHN_RP_ID=ample.org"}, []string{"WEBAUTHN_RP_ID"}},
		{"WA-05 an RP ID with a scheme", []string{"WEBAUTHN_RP_ID=https://example.org"}, []string{"WEBAUTHN_RP_ID"}},
		{"WA-05 an RP ID that is an address", []string{"WEBAUTHN_RP_ID=10.0.0.1"}, []string{"WEBAUTHN_RP_ID"}},
		{"WA-03 a plain http related origin", []string{"WEBAUTHN_RELATED_ORIGINS=http://example.com"}, []string{"WEBAUTHN_RELATED_ORIGINS"}},
		{"WA-03 more related names than browsers look at", []string{"WEBAUTHN_RELATED_ORIGINS=https://a.com,https://b.com,https://c.com,https://d.com,https://e.com"}, []string{"WEBAUTHN_RELATED_ORIGINS"}},
		{"WA-03 an app without its hash", []string{"WEBAUTHN_APP_ORIGINS=android:apk-key-hash:abc"}, []string{"WEBAUTHN_APP_ORIGINS"}},
		{"WA-03 an app that is a site", []string{"WEBAUTHN_APP_ORIGINS=https://example.org"}, []string{"WEBAUTHN_APP_ORIGINS"}},
		{"WA-15 models without certificates", []string{"WEBAUTHN_ALLOWED_AAGUIDS=ee882879-721c-4913-9775-3dfcce97072a"}, []string{"WEBAUTHN_ALLOWED_AAGUIDS"}},
		{"WA-15 certificates without models", []string{"WEBAUTHN_TRUST_ANCHORS=roots.pem"}, []string{"WEBAUTHN_TRUST_ANCHORS"}},
		{"WA-15 a model that is no AAGUID", []string{"WEBAUTHN_ALLOWED_AAGUIDS=YubiKey", "WEBAUTHN_TRUST_ANCHORS=roots.pem"}, []string{"WEBAUTHN_ALLOWED_AAGUIDS"}},
		{"WA-15 the model of nobody", []string{"WEBAUTHN_ALLOWED_AAGUIDS=00000000-0000-0000-0000-000000000000", "WEBAUTHN_TRUST_ANCHORS=roots.pem"}, []string{"WEBAUTHN_ALLOWED_AAGUIDS"}},
		{"WA-05 a front end elsewhere", []string{"FRONTEND_URL=https://app.example.org"}, []string{"WEBAUTHN_RP_ID"}},
		{"Twilio without its token", []string{"SMS_COUNTRIES=US", "TWILIO_ACCOUNT_SID=AC" + strings.Repeat("0", 32), "TWILIO_PHONE_NUMBER=+15005550006"}, []string{"TWILIO_AUTH_TOKEN"}},
		{"Twilio without a sender", []string{"SMS_COUNTRIES=US", "TWILIO_ACCOUNT_SID=AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN=x"}, []string{"TWILIO_PHONE_NUMBER"}},
		{"Twilio without an account", []string{"TWILIO_AUTH_TOKEN=x"}, []string{"TWILIO_AUTH_TOKEN"}},
		{"OT-06 Twilio without countries", []string{"TWILIO_ACCOUNT_SID=AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN=x", "TWILIO_PHONE_NUMBER=+15005550006"}, []string{"SMS_COUNTRIES"}},
		{"OT-06 a webhook without countries", []string{"SMS_WEBHOOK_URL=https://sms.example.org/", "SMS_WEBHOOK_SECRET=whsec_" + goodKey}, []string{"SMS_COUNTRIES"}},
		{"OT-06 countries and all of them", []string{"SMS_COUNTRIES=US,*"}, []string{"SMS_COUNTRIES"}},
		{"a webhook without its secret", []string{"SMS_COUNTRIES=US", "SMS_WEBHOOK_URL=https://sms.example.org/"}, []string{"SMS_WEBHOOK_SECRET"}},
		{"a webhook's secret alone", []string{"SMS_WEBHOOK_SECRET=whsec_" + goodKey}, []string{"SMS_WEBHOOK_SECRET"}},
		{"a webhook in the clear", []string{"SMS_COUNTRIES=US", "SMS_WEBHOOK_URL=http://sms.example.org/", "SMS_WEBHOOK_SECRET=whsec_" + goodKey}, []string{"SMS_WEBHOOK_URL"}},
		{"two carriers", []string{"SMS_COUNTRIES=US", "SMS_WEBHOOK_URL=https://sms.example.org/", "SMS_WEBHOOK_SECRET=whsec_" + goodKey, "TWILIO_ACCOUNT_SID=AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN=x", "TWILIO_PHONE_NUMBER=+15005550006"}, []string{"SMS_WEBHOOK_URL"}},
		{"Twilio in the clear", []string{"SMS_COUNTRIES=US", "TWILIO_ACCOUNT_SID=AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN=x", "TWILIO_PHONE_NUMBER=+15005550006", "TWILIO_BASE_URL=http://twilio.example.org"}, []string{"TWILIO_BASE_URL"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if ps := problems(t, remote(tc.give...)...); !slices.Equal(names(ps), tc.want) {
				t.Errorf("got %v, want problems with %v", ps, tc.want)
			}
		})
	}
	t.Run("WA-05 a shared parent domain", func(t *testing.T) {
		load(t, remote("FRONTEND_URL=https://app.example.org", "WEBAUTHN_RP_ID=Example.org")...)
	})
	t.Run("WA-03 a front end elsewhere that is related", func(t *testing.T) {
		cfg := load(t, remote("FRONTEND_URL=https://app.example.com", "WEBAUTHN_RELATED_ORIGINS=https://app.example.com",
			"WEBAUTHN_APP_ORIGINS=android:apk-key-hash:"+strings.Repeat("A", 43))...)
		if got := cfg.WebAuthn.Origins; slices.Contains(got, "https://app.example.com") {
			t.Errorf("got %v, want the related origin listed once", got)
		}
	})
	t.Run("mail in the clear to this machine", func(t *testing.T) {
		load(t, remote("SMTP_SERVER=127.0.0.1", "SMTP_TLS=none")...)
	})
}

func TestSecretKey(t *testing.T) {
	const hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	for _, tc := range []struct {
		name, give string
		keys       int // 0: refused
	}{
		{"base64", goodKey, 1},
		{"base64 without padding", strings.TrimRight(goodKey, "="), 1},
		{"hex", hex, 1},
		{"OP-03 two keys", goodKey + ", " + hex, 2},
		{"fresh", seal.GenerateKey(), 1},
		{"TK-06 a word", "changeme", 0},
		{"TK-06 a repeated word", strings.Repeat("changeme", 8), 0},
		{"TK-06 zeros", strings.Repeat("0", 64), 0},
		{"TK-06 a sentence", "please change this secret before you go live", 0},
		{"TK-06 128 bits", "9f86d081884c7d659a2feaa0c55ad015", 0},
		{"the same twice", goodKey + "," + goodKey, 0},
		{"a good and a bad one", goodKey + ",bad", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := config.Load(remote("SECRET_KEY="+tc.give), "")
			if got := len(c.Secrets.Keys); got != tc.keys && tc.keys > 0 || (err == nil) != (tc.keys > 0) {
				t.Errorf("got %d keys and %v, want %d keys", got, err, tc.keys)
			}
			if err != nil && strings.Contains(err.Error(), tc.give) {
				t.Errorf("the problem repeats the secret: %v", err)
			}
		})
	}
}

func TestServiceKeys(t *testing.T) {
	key, hash := opaque.New(opaque.Service)
	for _, give := range []string{"billing:" + key, "billing:sha256:" + hexOf(hash)} {
		c := load(t, "SERVICE_KEYS="+give)
		if len(c.Secrets.ServiceKeys) != 1 || c.Secrets.ServiceKeys[0].Name != "billing" || hexOf(c.Secrets.ServiceKeys[0].Hash) != hexOf(hash) {
			t.Errorf("%.12s…: got %v, want the hash of the key under billing", give, c.Secrets.ServiceKeys)
		}
		if got := shown(c, "SERVICE_KEYS"); got != "billing:(hidden)" {
			t.Errorf("shown: got %s, want billing:(hidden)", got)
		}
	}
	for _, bad := range []string{key, "billing:short", "bill ing:" + key, "billing:sha256:00", ":" + key} {
		if ps := problems(t, "SERVICE_KEYS="+bad); !slices.Equal(names(ps), []string{"SERVICE_KEYS"}) || strings.Contains(ps.Error(), key) {
			t.Errorf("%.12s…: got %v, want one problem that repeats no key", bad, ps)
		}
	}
}

func TestPeppers(t *testing.T) {
	c := load(t, "PASSWORD_PEPPER=p2:"+goodKey+",p1:"+seal.GenerateKey())
	if id, key := c.Password.Peppers.Current(); id != "p2" || len(key) != 32 {
		t.Errorf("PW-11 current: got %q with %d bytes, want p2 with 32", id, len(key))
	}
	if _, ok := c.Password.Peppers.ByID("p1"); !ok {
		t.Error("PW-11 the old pepper: got none, want it known")
	}
	if _, ok := c.Password.Peppers.ByID("p3"); ok {
		t.Error("PW-11 another id: got a pepper, want none")
	}
	if id, _ := (config.Peppers)(nil).Current(); id != "" {
		t.Errorf("PW-11 no pepper: got id %q, want none", id)
	}
	for _, bad := range []string{goodKey, "p 1:" + goodKey, "p_1:" + goodKey, "p1:short", "p1:" + strings.Repeat("00", 32), "p1:" + goodKey + ",p1:" + seal.GenerateKey()} {
		if ps := problems(t, "PASSWORD_PEPPER="+bad); !slices.Equal(names(ps), []string{"PASSWORD_PEPPER"}) {
			t.Errorf("PW-11 %.6s…: got %v, want one problem", bad, ps)
		}
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	path := envFile(t, "SMPT_SERVER=mail.example.org\nnonsense\nLOG_LEVEL=loud\n")
	_, err := config.Load([]string{"PUBLIC_URL=http://auth.example.org", "SMTP_PORT=many", "RATE_API_IP=all", "TOTP_SKEW_STEPS=9"}, path)
	want := `the settings cannot be used:
  --env-file: line 2 is not NAME=value. Write one NAME=value a line; put a # in front of a comment.
  SMPT_SERVER: there is no such setting. Did you mean SMTP_SERVER?
  PUBLIC_URL: it uses http, and its host is not this machine. Use https://: put TLS in front of the server, and name that proxy in TRUSTED_PROXIES.
  LOG_LEVEL: "loud" is not a choice. Use one of debug, info, warn, error.
  SECRET_KEY: it is missing, and this run is not local. Set it to what ` + "`openssl rand -base64 32`" + ` prints.
  RATE_API_IP: "all" is not a rate. Write it as count/time, such as 10/1m: 1 to 1000000 tries in 1s to 24h.
  TOTP_SKEW_STEPS: 9 is out of range. Use a number from 0 to 1.
  SMTP_SERVER: it is missing, and this run is not local. Give the host name of your mail server; the dev inbox is for local runs only.
  SMTP_PORT: "many" is not a whole number. Use a number from 1 to 65535.`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}
