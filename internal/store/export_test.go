package store

import "context"

// MigrateTo applies the migrations up to that one, as an older version would.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	p, err := s.migrations()
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}

// DetailsOf is detailsOf: how the details of an audit row are read.
var DetailsOf = detailsOf
