"""Tables kept in order: small files packed, deletes applied, old snapshots and lost files gone."""
