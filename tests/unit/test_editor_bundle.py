"""The editor's bundle: what it is made of comes from wherever npm is configured to look."""

import json
from pathlib import Path

import apps.bi.workbench

FOLDER = Path(apps.bi.workbench.__file__).parent


def test_the_lock_names_no_address_and_holds_every_package_by_its_hash() -> None:
    lock = json.loads((FOLDER / "editor_source" / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert {"node_modules/@codemirror/view", "node_modules/esbuild"} <= set(packages)
    for each in packages.values():
        assert "resolved" not in each
        assert each["integrity"].startswith("sha512-")


def test_the_bundle_is_one_module_that_fetches_nothing() -> None:
    bundle = (FOLDER / "editor.js").read_text()
    assert "export{" in bundle
    for reaching_out in ("import(", "fetch(", "XMLHttpRequest"):
        assert reaching_out not in bundle
