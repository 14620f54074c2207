package config

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Load reads the settings: environ, in the form of os.Environ, then the file at
// envFile (none where it is empty), then the defaults. The error, if any, is
// Problems and names everything that is wrong; the Config returned beside it
// holds whatever could be read, which is enough to report on but not to run.
func Load(environ []string, envFile string) (Config, error) {
	var c Config
	c.source = map[string]Source{}
	file, problems := readEnvFile(envFile)
	c.OAuth.announce(environ, file) // they bring settings of their own
	problems = append(problems, c.unknown(file)...)
	given := c.gather(environ, file)

	refused := c.fill(given, "SECURITY_PROFILE") // the profile decides defaults
	refused = append(refused, c.fill(given, "")...)
	for _, b := range c.blocks() {
		if b.derive != nil {
			b.derive(&c)
		}
	}
	problems = append(problems, refused...)
	problems = append(problems, c.check(refused)...)
	c.sort(problems)
	return c, problems.err()
}

// sort puts problems into the order of the reference, those of the env file and
// of unknown names first.
func (c *Config) sort(ps Problems) {
	place := map[string]int{}
	for _, b := range c.blocks() {
		for _, s := range b.settings {
			place[s.Name] = len(place) + 1
		}
	}
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(place[a.Name], place[b.Name]) })
}

// readEnvFile reads the file at path; no path, no file.
func readEnvFile(path string) (map[string]string, Problems) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, Problems{{"--env-file", "the file cannot be opened: " + err.Error(), "Give the path of a readable file, or leave --env-file out"}}
	}
	defer func() { _ = f.Close() }()
	return ParseEnvFile(f)
}

// gather returns what was given for each setting and notes by whom.
func (c *Config) gather(environ []string, file map[string]string) map[string]string {
	given := map[string]string{}
	env := map[string]string{}
	for _, kv := range environ {
		if name, v, ok := strings.Cut(kv, "="); ok {
			env[name] = v
		}
	}
	for _, b := range c.blocks() {
		for _, s := range b.settings {
			for _, from := range []struct {
				source Source
				values map[string]string
			}{{FromEnvironment, env}, {FromFile, file}} {
				v, ok := from.values[s.Name]
				if !ok || strings.TrimSpace(v) == "" && s.Blank == "" {
					continue
				}
				given[s.Name] = v
				c.source[s.Name] = from.source
				break
			}
		}
	}
	return given
}

// fill sets every setting, or only the one called only, to what was given or to
// its default. A setting that is refused keeps its default, so that the checks
// that follow still make sense.
func (c *Config) fill(given map[string]string, only string) Problems {
	var ps Problems
	for _, b := range c.blocks() {
		for _, s := range b.settings {
			if only != "" && s.Name != only || only == "" && s.Name == "SECURITY_PROFILE" {
				continue
			}
			s.reset(c.Strict())
			v, ok := given[s.Name]
			if !ok {
				continue
			}
			if p := s.take(v); p != nil {
				ps = append(ps, *p)
			}
		}
	}
	return ps
}

// reset sets the field to the default of the profile.
func (s Setting) reset(strict bool) {
	def := s.Default
	if strict && s.Strict != "" {
		def = s.Strict
	}
	if def == "" {
		return
	}
	if bad := s.into.set(def); bad != nil {
		panic(fmt.Sprintf("config: the default of %s: %s", s.Name, bad.what))
	}
}

// take sets the field to a given text.
func (s Setting) take(v string) *Problem {
	if !s.Secret {
		v = strings.TrimSpace(v)
	}
	if hasControl(v) {
		return &Problem{s.Name, "it holds a control character", "Take out line ends, tabs and other invisible characters"}
	}
	if bad := s.into.set(v); bad != nil {
		return &Problem{s.Name, bad.what, bad.mend}
	}
	return nil
}

// check asks every block what does not go together. A setting already refused
// is not complained about twice.
func (c *Config) check(refused Problems) Problems {
	named := map[string]bool{}
	for _, p := range refused {
		named[p.Name] = true
	}
	var ps Problems
	for _, b := range c.blocks() {
		if b.check == nil {
			continue
		}
		for _, p := range b.check(c) {
			if !named[p.Name] {
				ps = append(ps, p)
			}
		}
	}
	return ps
}

// Validate checks again a Config that was changed by hand, as tests and
// embedding programs do. The error, if any, is Problems.
func (c Config) Validate() error {
	ps := c.check(nil)
	c.sort(ps)
	return ps.err()
}
