"""The SQL shell: `lakehouse sql` on a terminal, without a statement."""
