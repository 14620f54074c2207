package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sallyport/sallyport/internal/seal"
)

// localSecretFile is the file in the data folder that holds the SECRET_KEY of a
// local run.
const localSecretFile = "secret.key"

// UseLocalSecret gives a local run that has no SECRET_KEY the one kept in its
// data folder, making it on the first start; created says whether it did. A run
// that has a key, or is not local, is left as it is.
func (c *Config) UseLocalSecret() (created bool, err error) {
	if len(c.Secrets.Keys) > 0 || !c.Local() {
		return false, nil
	}
	key, created, err := EnsureLocalSecret(c.DataDir())
	if err != nil {
		return false, err
	}
	c.Secrets.Keys = []Secret{key}
	return created, nil
}

// EnsureLocalSecret returns the key in dir/secret.key, and makes dir (0700) and
// the file (0600) if they are missing. Of several processes that start at once,
// all get the same key. A file that others may read is refused.
func EnsureLocalSecret(dir string) (key Secret, created bool, err error) {
	path := filepath.Join(dir, localSecretFile)
	key, err = readLocalSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, false, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Secret{}, false, fmt.Errorf("config: make the data folder: %w", err)
	}
	created, err = writeOnce(path, seal.GenerateKey()+"\n")
	if err != nil {
		return Secret{}, false, fmt.Errorf("config: keep a new SECRET_KEY: %w", err)
	}
	key, err = readLocalSecret(path)
	return key, created, err
}

func readLocalSecret(path string) (Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Secret{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Secret{}, fmt.Errorf("config: %s can be read by others; run chmod 600 %s", path, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Secret{}, err
	}
	key := strings.TrimSpace(string(b))
	if err := seal.CheckKey(key); err != nil {
		return Secret{}, fmt.Errorf("config: %s: %w; put the key back, since what it sealed is lost without it", path, err)
	}
	return NewSecret(key), nil
}

// writeOnce writes a file that appears whole or not at all, and only if it is
// not there yet.
func writeOnce(path, content string) (created bool, err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), localSecretFile+".*") // 0600
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(content)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return false, err
	}
	err = os.Link(tmp.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}
