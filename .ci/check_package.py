"""Checks a function's release binary: small enough to start fast, and runnable on Lambda.

python .ci/check_package.py BINARY       checks `bootstrap` as `sam build` made it
python .ci/check_package.py --self-test  bends the facts of a good one; each must be refused
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from checks import report, self_test

# The size that Lambda downloads at a cold start. With one TLS stack, one HTTP client and no laptop tools about 2.7 MB.
ZIPPED_BYTES_MAX = 3_000_000
# The C library of provided.al2023.
GLIBC_MAX = (2, 34)


def facts_of(binary):
    symbols = subprocess.run(["objdump", "-T", binary], check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(binary, "bootstrap")
        zipped_bytes = file.tell()
    return {"zipped_bytes": zipped_bytes, "glibc": glibc_versions(symbols)}


def glibc_versions(symbols):
    return sorted(
        {tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_(\d+(?:\.\d+)+)", symbols)}
    )


def find_problems(facts):
    problems = []
    if facts["zipped_bytes"] > ZIPPED_BYTES_MAX:
        problems.append(
            f"zipped {facts['zipped_bytes']} bytes, more than {ZIPPED_BYTES_MAX}: "
            "`cargo tree -e normal --no-default-features --features skill` shows what came in"
        )
    if not facts["glibc"]:
        problems.append("no GLIBC symbol found: this is not the dynamic binary that cargo-lambda builds")
    elif facts["glibc"][-1] > GLIBC_MAX:
        problems.append(
            f"needs GLIBC {dotted(facts['glibc'][-1])}, Lambda has {dotted(GLIBC_MAX)}: "
            "build with `sam build` or `cargo lambda build`, which link against an older one"
        )
    return problems


def dotted(version):
    return ".".join(map(str, version))


def main():
    match sys.argv[1:]:
        case ["--self-test"]:
            good = {"zipped_bytes": 2_700_000, "glibc": glibc_versions("(GLIBC_2.9) x (GLIBC_2.30) y")}
            self_test(
                find_problems,
                good,
                [
                    (
                        "fat package",
                        lambda facts: facts.update(zipped_bytes=ZIPPED_BYTES_MAX + 1),
                        "more than",
                    ),
                    (
                        "new C library",
                        lambda facts: facts.update(glibc=glibc_versions("GLIBC_2.4 GLIBC_2.38")),
                        "2.38",
                    ),
                    ("no symbols", lambda facts: facts.update(glibc=[]), "no GLIBC"),
                ],
            )
        case [binary]:
            facts = facts_of(Path(binary))
            newest = dotted(facts["glibc"][-1]) if facts["glibc"] else "none"
            report([f"{binary}: {facts['zipped_bytes']} bytes zipped, GLIBC {newest}"], find_problems(facts))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
