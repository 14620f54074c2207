package config

// App is what the server is called and where people reach it.
type App struct {
	Name        string // APP_NAME
	PublicURL   string // PUBLIC_URL: the server's own origin and the tokens' issuer; no trailing slash
	FrontendURL string // FRONTEND_URL: where the links in mails lead; no trailing slash
	Locale      string // LOCALE: BCP 47
	ThemeColor  string // THEME_COLOR: #rrggbb
	ThemeLogo   string // THEME_LOGO: a file
}

func (a *App) block() block {
	return block{
		title: "Application",
		about: "What the server is called and where people reach it. With nothing set, the server runs for one developer on this machine.",
		settings: append([]Setting{
			{
				Name: "APP_NAME", Default: "Sallyport", into: text(&a.Name),
				Help: "The name people see: in mails, in the authenticator app, in the browser UI.",
			},
			{
				Name: "PUBLIC_URL", Default: "http://localhost:8000", into: site(&a.PublicURL, false),
				Help: "The origin under which the server is reached from outside. It is the issuer of the tokens and the base of every link; the Host header is never used for that. " +
					"While its host is localhost, a name under .localhost or a loopback address, the run is local: it may use http, deliver mail to the dev inbox and make its own SECRET_KEY. Any other run must use https.",
			},
			{
				Name: "FRONTEND_URL", Derived: "PUBLIC_URL", into: site(&a.FrontendURL, true),
				Help: "Where the links in mails lead, if the pages for signing in are your own.",
			},
			{
				Name: "LOCALE", Default: "en", into: text(&a.Locale),
				Help: "The language of mails and SMS, as a BCP 47 tag.",
			},
		}, a.themeSettings()...),
		derive: func(c *Config) {
			if !c.Given("FRONTEND_URL") {
				c.App.FrontendURL = c.App.PublicURL
			}
		},
		check: func(c *Config) []Problem { return c.App.check(c) },
	}
}

func (a *App) check(c *Config) []Problem {
	ps := a.checkTheme()
	if n := len([]rune(a.Name)); n > 64 {
		ps = append(ps, Problem{"APP_NAME", "it is longer than 64 characters", "Choose a shorter name"})
	}
	if c.Local() {
		return ps
	}
	if !isHTTPS(a.PublicURL) {
		ps = append(ps, Problem{"PUBLIC_URL", "it uses http, and its host is not this machine",
			"Use https://: put TLS in front of the server, and name that proxy in TRUSTED_PROXIES"})
	}
	if c.Given("FRONTEND_URL") && !isHTTPS(a.FrontendURL) {
		ps = append(ps, Problem{"FRONTEND_URL", "it uses http, and this run is not local", "Use https://"})
	}
	return ps
}

// Local reports whether PUBLIC_URL points to this machine. Only a local run may
// use http, the dev inbox and a SECRET_KEY of its own making.
func (c Config) Local() bool { return isLoopback(hostOf(c.App.PublicURL)) }

// DevInbox reports whether mail or SMS of this run go to the dev inbox, because
// the run is local and a carrier is missing.
func (c Config) DevInbox() bool {
	return c.Local() && (!c.SMTP.Configured() || !c.hasSMSCarrier())
}

// FrontendOrigin returns scheme, host and port of FRONTEND_URL.
func (c Config) FrontendOrigin() string { return originOf(c.App.FrontendURL) }

// PublicHost returns the host of PUBLIC_URL without its port.
func (c Config) PublicHost() string { return hostOf(c.App.PublicURL) }
