package config

import "strings"

// Problem is one thing that is wrong with the settings. It never repeats a
// secret.
type Problem struct {
	Name string // the variable, or "--env-file" for the file itself
	What string // what is wrong
	Mend string // how to put it right
}

// String returns the problem as one sentence each for what and how.
func (p Problem) String() string {
	end := "."
	if strings.HasSuffix(p.Mend, "?") {
		end = ""
	}
	return p.Name + ": " + p.What + ". " + p.Mend + end
}

// Problems is every problem of the settings at once, in the order of the
// reference. Load returns it as its error.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, 0, len(ps)+1)
	lines = append(lines, "the settings cannot be used:")
	for _, p := range ps {
		lines = append(lines, "  "+p.String())
	}
	return strings.Join(lines, "\n")
}

// err returns ps as an error, nil if it is empty.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}
