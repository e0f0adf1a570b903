"""What the package offers, and that it stays free of the parts that are slow to import."""

import subprocess
import sys

import lakehouse.athena


def test_the_public_face() -> None:
    assert sorted(lakehouse.athena.__all__) == [
        "AthenaError",
        "AttachedSchema",
        "MappedSchema",
        "Schema",
        "TableColumns",
        "Translation",
        "Type",
        "prepare",
        "render",
        "render_column",
        "renderer",
        "translate",
        "translate_error",
        "type_from_engine",
    ]
    assert all(hasattr(lakehouse.athena, name) for name in lakehouse.athena.__all__)


def test_it_imports_neither_catalog_nor_frames() -> None:
    slow = "('pyiceberg', 'polars', 'sqlglot')"
    code = f"import sys, lakehouse.athena; print([m for m in {slow} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
