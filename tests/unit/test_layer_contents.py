"""The SBOM and the notices of a layer name what the layer holds."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

HELD = ("pi_heif", "pyotp", "webauthn")


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layer of three real distributions, with what uv would export: those and another one."""
    layer = tmp_path_factory.mktemp("layer")
    exported = []
    for name in HELD:
        found = distribution(name)
        for file in found.files or ():
            if file.suffix not in {".py", ".pyc"} and ".." not in file.parts:
                target = layer / "python" / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(found.locate_file(file)), target)
        exported.append(component(found.metadata["Name"], found.version))
    exported += [component("tomlkit", "1.0.0"), component("pyotp", "0.0.1")]
    (layer / "export.json").write_text(
        json.dumps({"specVersion": "1.5", "components": exported, "dependencies": []})
    )
    script = str(ROOT / "tools" / "layer_contents.py")
    subprocess.run([sys.executable, script, layer, layer / "export.json"], check=True)
    return layer


def component(name: str, version: str) -> dict[str, Any]:
    ref = f"{name}@{version}"
    return {
        **{"type": "library", "bom-ref": ref, "name": name, "version": version},
        "purl": f"pkg:pypi/{ref}",
    }


def test_the_sbom_lists_what_the_layer_holds_and_nothing_else(layer: Path) -> None:
    found = json.loads((layer / "sbom.cdx.json").read_text())
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.5")
    packages = {(one["name"], one["version"]) for one in found["components"] if "purl" in one}
    assert packages == {(d.metadata["Name"], d.version) for d in map(distribution, HELD)}
    libraries = {one["name"]: one for one in found["components"] if "purl" not in one}
    assert libraries.keys() == {"libheif", "libde265"}
    for one in libraries.values():
        assert one["licenses"] == [{"license": {"id": "LGPL-3.0-or-later"}}]
        assert one["version"]


def test_the_notices_name_licences_their_texts_and_the_lgpl_libraries(layer: Path) -> None:
    text = (layer / "THIRD_PARTY_NOTICES.txt").read_text()
    for name in HELD:
        found = distribution(name)
        assert f"{found.metadata['Name']} {found.version}\n  Licence: " in text
    assert "not named in its metadata" not in text
    for line in text.splitlines():
        if ".dist-info/" in line:
            assert (layer / "python" / line.strip()).is_file(), line
    assert "LICENSES_bundled.txt" in text
    assert "libheif and libde265 are free software under the GNU Lesser General" in text
    for library in ("libheif", "libde265"):
        assert f"https://github.com/strukturag/{library}" in text
