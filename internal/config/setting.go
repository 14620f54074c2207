package config

// Source says who gave a setting its value.
type Source string

// The sources, the strongest first.
const (
	FromEnvironment Source = "environment"
	FromFile        Source = "env file"
	FromDefault     Source = "default"
)

// Setting is one row of the table: one environment variable.
type Setting struct {
	Name    string // the variable
	Default string // what holds where it is not given; empty: nothing
	Strict  string // the default under SECURITY_PROFILE=strict; empty: the same
	Derived string // in words, a default that follows from other settings
	Unit    string // the unit of a bare number
	Help    string // what it does, in whole sentences
	Secret  bool   // its value is never shown
	// Blank says what an empty value means; where it is empty, giving an empty
	// value is the same as not giving it.
	Blank string

	// Value and Source are filled by Config.Settings: the value in force, a
	// placeholder for a secret, and who gave it.
	Value  string
	Source Source

	into value
}

// Form says what a value looks like, such as "duration from 1m to 15m".
func (s Setting) Form() string { return s.into.form }

// Group is one block of settings, as the reference shows it.
type Group struct {
	Title    string
	About    string
	Settings []Setting
}

// Settings lists every setting with the value in force, secrets hidden.
func (c Config) Settings() []Group {
	var groups []Group
	for _, b := range c.blocks() {
		for i := range b.settings {
			s := &b.settings[i]
			s.Value = s.into.show()
			s.Source = c.sourceOf(s.Name)
		}
		groups = append(groups, Group{Title: b.title, About: b.about, Settings: b.settings})
	}
	return groups
}

// Given reports whether the variable was given rather than defaulted.
func (c Config) Given(name string) bool { return c.sourceOf(name) != FromDefault }

func (c Config) sourceOf(name string) Source {
	if s, ok := c.source[name]; ok {
		return s
	}
	return FromDefault
}
