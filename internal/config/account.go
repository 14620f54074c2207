package config

// Verification says whether an address must be proved before signing in.
type Verification string

// The two answers.
const (
	VerificationRequired Verification = "required"
	VerificationOptional Verification = "optional"
)

// SignUp says who may open an account.
type SignUp string

// The policies.
const (
	SignUpOpen SignUp = "open" // anybody
	SignUpOff  SignUp = "off"  // nobody; the operator and administrators add people
)

// Account is who may open an account, and on what proof.
type Account struct {
	SignUp            SignUp       // SIGNUP
	EmailVerification Verification // EMAIL_VERIFICATION
}

func (a *Account) block() block {
	return block{
		title: "Accounts",
		about: "Who may open an account, and on what proof.",
		settings: []Setting{
			{
				Name: "SIGNUP", Default: "open", into: choice(&a.SignUp, SignUpOpen, SignUpOff),
				Help: "open: anybody may sign up. off: nobody; accounts are made with `sallyport user create`.",
			},
			{
				Name: "EMAIL_VERIFICATION", Default: "required", into: choice(&a.EmailVerification, VerificationRequired, VerificationOptional),
				Help: "Whether a new account signs in only after its address is proved.",
			},
		},
	}
}
