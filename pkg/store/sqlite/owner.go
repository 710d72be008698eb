package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/livedora/dora-datasource/pkg/store"
)

// claim sees that the dataset is the organisation's, and records whose it is where nothing is recorded.
func (s *Store) claim(ctx context.Context) error {
	var recorded int64
	err := s.read(ctx, func(tx *sql.Tx) (err error) { recorded, err = s.owner(ctx, tx); return err })
	if err != nil {
		return err
	}
	if recorded != 0 {
		_, err := store.OwnerOf(s.dataset, recorded, s.organisation)
		return err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		recorded, err := s.owner(ctx, tx) // two may open it at once
		if err != nil {
			return err
		}
		owner, err := store.OwnerOf(s.dataset, recorded, s.organisation)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO owners (dataset, organisation) VALUES (?, ?) ON CONFLICT (dataset) DO NOTHING`, s.dataset, owner)
		return err
	})
}

// owner is the organisation that is recorded; 0: none is.
func (s *Store) owner(ctx context.Context, tx *sql.Tx) (organisation int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT organisation FROM owners WHERE dataset = ?`, s.dataset).Scan(&organisation)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return organisation, err
}
