from __future__ import annotations

import pytest

from bundles import small_bundle
from rtinstall.runtime_bundle.model import Bundle


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return small_bundle()
