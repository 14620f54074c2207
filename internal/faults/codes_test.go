package faults_test

import (
	"encoding/base32"
	"slices"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/faults"
)

// byApp finishes a sign-in with the app, which a person does who never got codes.
func (p *person) byApp(attempt string) bool {
	if p.app == nil {
		return false
	}
	code, err := totp.Code(p.app, clock.System().Unix()/30)
	if err != nil {
		return false
	}
	p.shown++
	p.secrets = append(p.secrets, code)
	_, answer := p.call("/api/v1/mfa/totp/verify", attempt, map[string]any{"code": code})
	return p.take(answer)
}

// enrol sets the authenticator app up, which gives backup codes, and shows the
// code of the next half minute to two sign-ins at once.
func (p *person) enrol() bool {
	_, setup := p.call("/api/v1/mfa/totp/setup", p.access, map[string]any{"name": "bench"})
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text(setup, "secret"))
	if err != nil || len(secret) == 0 {
		p.forget()
		return false
	}
	p.secrets = append(p.secrets, text(setup, "secret"))
	p.app = secret
	step := clock.System().Unix() / 30
	code, err := totp.Code(secret, step)
	if err != nil {
		return false
	}
	p.shown++
	p.secrets = append(p.secrets, code)
	_, answer := p.call("/api/v1/mfa/totp/verify-setup", p.access, map[string]any{"code": code})
	if text(answer, "access_token") == "" {
		p.forget()
		return false
	}
	p.enrolled, p.sure = true, true
	p.takeCodes(answer)
	p.forget()
	next, err := totp.Code(secret, step+1)
	if err != nil {
		return false
	}
	return p.raceSecond("totp", name("app code of "+p.email, next), next)
}

func (p *person) takeCodes(answer map[string]any) {
	list, _ := answer["backup_codes"].([]any)
	p.codes = nil
	for _, c := range list {
		code, _ := c.(string)
		p.codes = append(p.codes, code)
		p.secrets = append(p.secrets, code)
	}
	if access := text(answer, "access_token"); access != "" {
		p.access = access
		p.secrets = append(p.secrets, access)
	}
}

// raceSecond begins two sign-ins and shows one code to both at once.
func (p *person) raceSecond(kind, subject, code string) bool {
	var attempts []string
	for range 2 {
		answer := p.begin()
		if attempt := text(answer, "mfa_token"); attempt != "" {
			attempts = append(attempts, attempt)
			p.secrets = append(p.secrets, attempt)
		}
	}
	path := "/api/v1/mfa/" + kind + "/verify"
	answers := make(chan result, len(attempts))
	for _, attempt := range attempts {
		go func() {
			outcome, a := p.b.do(faults.Spend, subject, "POST", path, attempt, map[string]any{"code": code})
			answers <- result{outcome, a}
		}()
	}
	p.forget()
	p.secrets = append(p.secrets, code)
	if len(attempts) > 0 {
		p.shown++
	}
	worked := false
	for range attempts {
		if a := <-answers; a.outcome == faults.OK {
			p.note(path, a.answer)
			worked = p.take(a.answer) || worked
		}
	}
	return worked
}

// spendCode finishes a sign-in with a backup code.
func (p *person) spendCode(attempt string) bool {
	code := p.codes[0]
	p.codes = p.codes[1:]
	p.shown++
	outcome, answer := p.do(faults.Spend, name("backup code of "+p.email, code), "/api/v1/mfa/backup-codes/verify", attempt, map[string]any{"code": code})
	if outcome != faults.OK {
		return false
	}
	return p.take(answer)
}

// useCode shows one backup code to two sign-ins at once.
func (p *person) useCode() bool {
	code := p.codes[0]
	p.codes = p.codes[1:]
	return p.raceSecond("backup-codes", name("backup code of "+p.email, code), code)
}

// renewCodes makes new backup codes; the old ones must work no more.
func (p *person) renewCodes() bool {
	old := slices.Clone(p.codes)
	p.codes = nil
	subject := ""
	if len(old) > 0 {
		subject = name("replaced backup code of "+p.email, old[0])
	}
	outcome, answer := p.do(faults.Revoke, subject, "/api/v1/mfa/backup-codes/generate", p.access, nil)
	if outcome != faults.OK {
		if outcome == faults.Refused {
			p.forget() // the proof is too old: sign in anew
		}
		p.codes = old
		return false
	}
	p.takeCodes(answer)
	if subject == "" {
		return true
	}
	p.forget()
	if attempt := text(p.begin(), "mfa_token"); attempt != "" {
		if outcome, _ := p.do(faults.Work, subject, "/api/v1/mfa/backup-codes/verify", attempt, map[string]any{"code": old[0]}); outcome == faults.OK {
			return false
		}
		return p.spendCode(attempt)
	}
	return false
}

// findCode shows a backup code that was acknowledged and never shown before.
func (p *person) findCode() {
	if !p.sure || len(p.codes) == 0 {
		return
	}
	answer := p.begin()
	attempt := text(answer, "mfa_token")
	if attempt == "" {
		return
	}
	code := p.codes[0]
	p.codes = p.codes[1:]
	p.shown++
	p.secrets = append(p.secrets, attempt)
	subject := name("backup codes of "+p.email, code)
	p.b.keep(subject)
	_, answer = p.do(faults.Find, subject, "/api/v1/mfa/backup-codes/verify", attempt, map[string]any{"code": code})
	p.take(answer)
}
