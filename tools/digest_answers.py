"""Print a digest of every answer, to show that a change leaves all answers as they were.

    .venv/bin/python tools/digest_answers.py samples/*.png ../shared/data/photos/khan-*

One line a file, the SHA-256 of its line of JSON; last the SHA-256 of all lines in order.
"""

import hashlib
import subprocess
import sys
from pathlib import Path


def main(files: list[str]) -> None:
    """Classify the files with the command and print the digests."""
    command = [str(Path(sys.executable).with_name("heartsense")), "classify", "--json", *files]
    answers = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
    for file, line in zip(files, answers.splitlines(keepends=True), strict=True):
        print(hashlib.sha256(line).hexdigest(), file)
    print(hashlib.sha256(answers).hexdigest(), "all")


if __name__ == "__main__":
    main(sys.argv[1:])
