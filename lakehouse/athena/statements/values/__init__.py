"""What statements say: one frozen value for each kind."""

from lakehouse.athena.statements.values.alterations import (
    AddColumns,
    AddPartitions,
    ChangeColumn,
    DropColumn,
    DropPartitions,
    RenamePartition,
    ReplaceColumns,
    SetLocation,
    SetProperties,
    UnsetProperties,
)
from lakehouse.athena.statements.values.changes import (
    Assignment,
    Delete,
    Insert,
    Merge,
    MergeCase,
    Update,
)
from lakehouse.athena.statements.values.definitions import (
    CreateDatabase,
    CreateTable,
    CreateTableAs,
    CreateView,
    DropDatabase,
    DropTable,
    DropView,
    Transform,
)
from lakehouse.athena.statements.values.listings import Describe, Show, ShowProperties
from lakehouse.athena.statements.values.prepared import Deallocate, Execute, Prepare
from lakehouse.athena.statements.values.queries import Explain, Select
from lakehouse.athena.statements.values.statement import (
    ColumnDefinition,
    Literal,
    Name,
    PartitionSpec,
    Properties,
    Statement,
)
from lakehouse.athena.statements.values.upkeep import MsckRepair, Optimize, Unload, Vacuum

__all__ = [
    "AddColumns",
    "AddPartitions",
    "Assignment",
    "ChangeColumn",
    "ColumnDefinition",
    "CreateDatabase",
    "CreateTable",
    "CreateTableAs",
    "CreateView",
    "Deallocate",
    "Delete",
    "Describe",
    "DropColumn",
    "DropDatabase",
    "DropPartitions",
    "DropTable",
    "DropView",
    "Execute",
    "Explain",
    "Insert",
    "Literal",
    "Merge",
    "MergeCase",
    "MsckRepair",
    "Name",
    "Optimize",
    "PartitionSpec",
    "Prepare",
    "Properties",
    "RenamePartition",
    "ReplaceColumns",
    "Select",
    "SetLocation",
    "SetProperties",
    "Show",
    "ShowProperties",
    "Statement",
    "Transform",
    "Unload",
    "UnsetProperties",
    "Update",
    "Vacuum",
]
