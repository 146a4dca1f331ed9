"""What all tests share: the simulator that `cargo xtask test sdks` has started."""

import os

import pytest

from simulator import Simulator


@pytest.fixture
def simulator():
    """The simulator as if it had just been started."""
    url = os.environ.get("SIMULATOR_URL")
    if url is None:
        pytest.exit("SIMULATOR_URL is not set: run `cargo xtask test sdks`, or name a running `fourfold simulate`")
    simulator = Simulator(url)
    simulator.reset()
    return simulator
