"""Who sees what: row and column rules, as QuickSight has them, and what was asked under them.

- `rules`: the tables `access.row_rules` and `access.column_rules`, and whom their rows are for
- `scope`: what one person sees of a table, as SQL
- `viewer`: a person, with what the rules let that person see
- `rulebook`: the rules as they are now
- `checking`: what a person sees of every table
- `audit`, `audit_history`: who asked what, from the journal in the home to `ops.audit`
"""
