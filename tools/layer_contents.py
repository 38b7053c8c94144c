"""What a built layer holds: sbom.cdx.json (CycloneDX) and THIRD_PARTY_NOTICES.txt beside it.

`python tools/layer_contents.py LAYER UV_EXPORT` keeps of uv's export of all of uv.lock what is
installed in LAYER/python, and adds the shared libraries that wheels bundle, which uv does not know.
Times and random ids are left out: equal layers give equal files.
"""

import argparse
import json
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

# What the notices of a wheel say of the libraries in it, where more than its own licence applies.
BUNDLED_LICENSES = {"libheif": "LGPL-3.0-or-later", "libde265": "LGPL-3.0-or-later"}
SOURCES = {
    "libheif": "https://github.com/strukturag/libheif",
    "libde265": "https://github.com/strukturag/libde265",
}
_SHARED = re.compile(r"(?P<name>lib[A-Za-z0-9_+]+)-[0-9a-f]{8}\.so\.?(?P<version>[0-9.]*)")
_LGPL = """\
libheif and libde265 are free software under the GNU Lesser General Public License, version 3 or
later (https://www.gnu.org/licenses/lgpl-3.0.html). They are shared libraries in
python/pi_heif.libs, used unchanged, and loaded at run time: replace the files there to use
versions of your own.
"""


def installed(python: Path) -> dict[str, Distribution]:
    """The distributions in a folder, by normalised name."""
    found = distributions(path=[str(python)])
    return dict(sorted((_normalised(one.metadata["Name"]), one) for one in found))


def shared_libraries(python: Path) -> Iterator[tuple[str, str, str]]:
    """Name, version and folder of each shared library that a wheel brings along."""
    for path in sorted(python.glob("*.libs/*.so*")):
        if match := _SHARED.fullmatch(path.name):
            yield match["name"], match["version"], path.parent.name


def sbom(exported: dict[str, Any], python: Path) -> dict[str, Any]:
    """The part of uv's export that is in the layer, with licences and bundled libraries."""
    held = installed(python)
    components, refs = [], set()
    for component in exported["components"]:
        distribution = held.get(_normalised(component["name"]))
        if distribution is not None and component["version"] == distribution.version:
            refs.add(component["bom-ref"])
            components.append(
                {
                    **{
                        key: component[key]
                        for key in ("type", "bom-ref", "name", "version", "purl")
                    },
                    "licenses": [{"license": {"name": license_of(distribution)}}],
                }
            )
    for name, version, folder in shared_libraries(python):
        entry = {"type": "library", "bom-ref": f"{folder}/{name}", "name": name, "version": version}
        if name in BUNDLED_LICENSES:
            entry["licenses"] = [{"license": {"id": BUNDLED_LICENSES[name]}}]  # type: ignore[assignment]
        components.append({**entry, "properties": [{"name": "heartsense:folder", "value": folder}]})
    dependencies = [
        {**entry, "dependsOn": [ref for ref in entry.get("dependsOn", ()) if ref in refs]}
        for entry in exported.get("dependencies", ())
        if entry["ref"] in refs
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": exported["specVersion"],
        "version": 1,
        "components": components,
        "dependencies": dependencies,
    }


def notices(python: Path) -> str:
    """Who wrote what is in the layer, under which licence, and where its text is."""
    parts = ["Third-party software in this layer. Paths are below /opt/python.\n"]
    for distribution in installed(python).values():
        texts = [
            str(file)
            for file in distribution.files or ()
            if re.search(r"licen[cs]e|copying|notice|authors", file.name, re.IGNORECASE)
            and (python / file).is_file()
        ]
        lines = [
            f"{distribution.metadata['Name']} {distribution.version}",
            f"  Licence: {license_of(distribution)}",
            *(f"  {text}" for text in texts),
        ]
        parts.append("\n".join(lines) + "\n")
    libraries = list(shared_libraries(python))
    if libraries:
        lines = ["Shared libraries that these bring along:"]
        for name, version, folder in libraries:
            more = f", {BUNDLED_LICENSES[name]}, {SOURCES[name]}" if name in SOURCES else ""
            lines.append(f"  {folder}/{name} {version}{more}")
        parts.append("\n".join(lines) + "\n")
    if SOURCES.keys() & {name for name, _, _ in libraries}:
        parts.append(_LGPL)
    return "\n".join(parts)


def license_of(distribution: Distribution) -> str:
    """The licence that a distribution's metadata names, in one line."""
    metadata = distribution.metadata
    classified = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or ()
        if text.startswith("License :: ")
    ]
    fields = metadata.json  # all as the metadata names them; reading one that is missing warns
    named = str(fields.get("license_expression") or fields.get("license") or "")
    line = named.strip().partition("\n")[0]
    return line or "; ".join(classified) or "not named in its metadata"


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Write both files into the layer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layer", type=Path)
    parser.add_argument("export", type=Path, help="uv export --format cyclonedx1.5, all extras")
    arguments = parser.parse_args()
    exported = json.loads(arguments.export.read_text())
    python = arguments.layer / "python"
    found = sbom(exported, python)
    (arguments.layer / "sbom.cdx.json").write_text(json.dumps(found, indent=1) + "\n")
    (arguments.layer / "THIRD_PARTY_NOTICES.txt").write_text(notices(python))


if __name__ == "__main__":
    main()
