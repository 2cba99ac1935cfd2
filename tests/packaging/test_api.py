"""The public API changes only on purpose."""

import difflib

from tests.packaging import stub
from tests.packaging.api import SNAPSHOT, lines


def test_public_api_is_as_recorded():
    recorded = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    changes = list(difflib.unified_diff(recorded, list(lines()), "recorded", "now", n=0))
    assert not changes, "\n".join(
        [*changes, "If meant: python -m tests.packaging.api, and say so in CHANGELOG.md."]
    )


def test_stub_names_the_home_of_every_name():
    assert stub.STUB.read_text(encoding="utf-8") == stub.text(), "python -m tests.packaging.stub"
