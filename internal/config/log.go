package config

// LogFormat is how log lines are written.
type LogFormat string

// The formats.
const (
	LogJSON LogFormat = "json"
	LogText LogFormat = "text"
)

// LogLevel is the least important line that is still written.
type LogLevel string

// The levels.
const (
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

// Log is how the server talks to its operator.
type Log struct {
	Level  LogLevel  // LOG_LEVEL
	Format LogFormat // LOG_FORMAT
}

func (l *Log) block() block {
	return block{
		title: "Logging",
		about: "Log lines go to standard error. No level writes a password, a code or a token.",
		settings: []Setting{
			{
				Name: "LOG_LEVEL", Default: "info", into: choice(&l.Level, LogDebug, LogInfo, LogWarn, LogError),
				Help: "The least important line that is still written.",
			},
			{
				Name: "LOG_FORMAT", Default: "json", Derived: "text while the run is local", into: choice(&l.Format, LogJSON, LogText),
				Help: "json for machines, text for people.",
			},
		},
		derive: func(c *Config) {
			if c.Local() && !c.Given("LOG_FORMAT") {
				c.Log.Format = LogText
			}
		},
	}
}
