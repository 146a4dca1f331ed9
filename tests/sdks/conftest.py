"""What all tests share: the processes that `cargo xtask test sdks` has started."""

import os

import pytest

from fourfold import Fourfold
from simulator import Simulator


def _told(name):
    value = os.environ.get(name)
    if value is None:
        pytest.exit(f"{name} is not set: run `cargo xtask test sdks`, or name a running process")
    return value


@pytest.fixture
def simulator():
    """The simulator as if it had just been started."""
    simulator = Simulator(_told("SIMULATOR_URL"))
    simulator.reset()
    return simulator


@pytest.fixture
def second_simulator():
    """Another one, for vendors that the server asks where those of the first have failed."""
    simulator = Simulator(_told("SECOND_SIMULATOR_URL"))
    simulator.reset()
    return simulator


@pytest.fixture(scope="session")
def server():
    """The server, whose books must add up when all tests have used it."""
    server = Fourfold(_told("FOURFOLD_URL"), _told("FOURFOLD_ADMIN_KEY"))
    yield server
    verified = server.verify_ledger()
    assert verified["clean"], verified


@pytest.fixture
def fourfold(server, simulator):
    """The server, with the simulator as if it had just been started."""
    return server


@pytest.fixture(scope="session")
def service_key(server):
    """The key of a service, which works for each account that it names."""
    return server.make_key("service", name="sdks")


@pytest.fixture
def account(fourfold):
    """An account with 100 credits."""
    return fourfold.make_account("100")


@pytest.fixture
def client(fourfold, service_key, account):
    """OpenAI's client of that account, as everybody makes it."""
    openai = pytest.importorskip("openai")
    base_url = f"{fourfold.url}/v1"
    with openai.OpenAI(
        api_key=service_key,
        base_url=base_url,
        default_headers={"fourfold-user": account},
        _strict_response_validation=True,
    ) as client:
        yield client
