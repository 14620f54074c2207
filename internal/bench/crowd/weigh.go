package crowd

import (
	"context"
	"database/sql"
	"fmt"
)

// Weight is what a table takes on disk with its indexes.
type Weight struct {
	Table       string
	Rows, Bytes int
}

// Weigh lists the tables, the heaviest first. db and postgres are as for Fill.
func Weigh(ctx context.Context, db *sql.DB, postgres bool) (out []Weight, err error) {
	query := `SELECT m.tbl_name, SUM(d.pgsize) FROM (SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE) AS d
		JOIN sqlite_master AS m ON m.name = d.name GROUP BY m.tbl_name ORDER BY 2 DESC`
	if postgres {
		query = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC"
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("crowd: weighing: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var w Weight
		if err := rows.Scan(&w.Table, &w.Bytes); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	_ = rows.Close()
	for i, w := range out {
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+w.Table).Scan(&out[i].Rows); err != nil {
			return nil, err
		}
	}
	return out, nil
}
