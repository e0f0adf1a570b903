"""Who sees what: row and column rules, as QuickSight has them, and what was asked under them.

- `rules`: the tables `access.row_rules` and `access.column_rules`, and whom their rows are for
- `scope`: what one person sees of a table, as SQL
- `rulebook`: the rules as they are now, and the viewer that a person is by them
- `marts`: a published state as a viewer sees it
- `audit`, `audit_history`: who asked what, from the journal in the home to `ops.audit`
"""

from lakehouse.query.access.rulebook import RuleBook, Viewer
from lakehouse.query.access.rules import Person
from lakehouse.query.access.scope import Scope, Sight

__all__ = ["Person", "RuleBook", "Scope", "Sight", "Viewer"]
