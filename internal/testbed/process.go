package testbed

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// watch runs a server and ends it when the pipe on standard input closes. A line
// "keep" before the end leaves the directory for a later start; anything else,
// a killed test process above all, removes it.
const watch = `
exec 3<&0
signal=$1; shift
"$@" </dev/null >>log 2>&1 3<&- & server=$!
echo "$server" >pid
{
	read -r order <&3 || order=drop
	[ "$order" = keep ] || : >drop
	kill -CONT "$server"; kill -"$signal" "$server"
} 2>/dev/null & watcher=$!
exec 3<&-
wait "$server"
kill "$watcher" 2>/dev/null
if [ -e drop ]; then rm -rf -- "$PWD"; fi
`

// stopWithin is how long a server may take to stop before it is killed.
const stopWithin = 20 * time.Second

// process is one server program in its own directory. It can be started and
// stopped repeatedly; it is not safe for concurrent use.
type process struct {
	dir        string
	stopSignal string // how the program is asked to end: "TERM", "QUIT", "INT"
	as         *syscall.Credential

	leader int // process group, for the last resort
	pipe   io.Closer
	order  io.Writer
	done   chan struct{} // closed when the program has ended
}

// newProcess makes the directory for a server, owned by the user it will run as.
func newProcess(stopSignal string) (*process, error) {
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sallyport-testbed-")
	if err != nil {
		return nil, err
	}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return nil, err
		}
	}
	return &process{dir: dir, stopSignal: stopSignal, as: as}, nil
}

// unprivileged is the user that servers run as: nil, which is ourselves, unless
// we are root. PostgreSQL refuses to run as root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("testbed: running as root, and there is neither a user postgres nor a user nobody to run servers as")
}

// write puts a file that only the server's user can read into the directory.
func (p *process) write(name, content string) error {
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return err
	}
	if p.as == nil {
		return nil
	}
	return os.Chown(path, int(p.as.Uid), int(p.as.Gid))
}

// command prepares a program that runs in the directory as the server's user.
func (p *process) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = p.dir
	// Setpgid: an interrupt from the terminal reaches the test, not the watcher.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.as}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "LC_ALL=C"}
	return cmd
}

// start runs the program under the watcher. It returns before the server
// answers; see await.
func (p *process) start(program string, args ...string) error {
	cmd := p.command("/bin/sh", append([]string{"-c", watch, "watch", p.stopSignal, program}, args...)...)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("testbed: start %s: %w", program, err)
	}
	p.leader, p.pipe, p.order, p.done = cmd.Process.Pid, pipe, pipe, make(chan struct{})
	go func(done chan struct{}) {
		_ = cmd.Wait() // a stopped server's exit status says nothing
		close(done)
	}(p.done)
	return nil
}

// await calls ready until it succeeds, the program ends, or within has passed.
func (p *process) await(within time.Duration, ready func() error) error {
	deadline := time.After(within)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("testbed: the server ended at once:\n%s", p.log())
		case <-deadline:
			return fmt.Errorf("testbed: the server does not answer after %v: %w\n%s", within, err, p.log())
		case <-tick.C:
		}
	}
}

// stop ends the program and waits for its end. With keep, start can follow;
// without, the directory is gone afterwards.
func (p *process) stop(keep bool) {
	if p.running() {
		if keep {
			_, _ = io.WriteString(p.order, "keep\n")
		}
		_ = p.pipe.Close()
		select {
		case <-p.done:
		case <-time.After(stopWithin):
			_ = syscall.Kill(-p.leader, syscall.SIGKILL)
			<-p.done
		}
	}
	if !keep {
		_ = os.RemoveAll(p.dir)
	}
}

func (p *process) running() bool {
	if p.done == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signal sends sig to the server itself.
func (p *process) signal(sig syscall.Signal) error {
	b, err := os.ReadFile(filepath.Join(p.dir, "pid"))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return err
	}
	return syscall.Kill(pid, sig)
}

// log returns what the server wrote on its terminal so far.
func (p *process) log() string {
	b, err := os.ReadFile(filepath.Join(p.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}
