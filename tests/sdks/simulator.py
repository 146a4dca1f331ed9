"""The controls of `fourfold simulate`, for tests that have nothing but its URL."""

import json
import urllib.error
import urllib.request

# Whatever proxy this machine has, the simulator is on it.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_CONTROL_TIMEOUT_SECONDS = 10


class Simulator:
    """The vendors on one port, shared by all tests and reset before each of them."""

    def __init__(self, url):
        self.url = url

    def base_url(self, vendor):
        """What a client of this vendor is given in place of the vendor's own address."""
        return self._ask("GET", "")["base_urls"][vendor]

    def reset(self):
        """Forgets what was received, paid and set."""
        self._ask("POST", "/reset")

    def fault(self, requests, fault):
        """Sets a fault, such as `lose; times=1` for `POST /openai/v1/*`."""
        self._ask("POST", "/faults", {"requests": requests, "fault": fault})

    def script(self, requests, *answers):
        """Answers the next matching requests so, one answer each."""
        self._ask("POST", "/answers", {"requests": requests, "answers": answers})

    def refuse_connections(self, count):
        """Closes the next connections before anything is read from them."""
        self._ask("POST", "/connections", {"refuse_next": count})

    def take_only(self, vendor, *keys):
        """Lets the vendor refuse all other keys."""
        self._ask("PATCH", "/keys", {vendor: keys})

    def change_account(self, vendor, **account):
        """Says how many `credits` an account has, and how many `generations_at_once` and `generations_daily`."""
        self._ask("PATCH", "/accounts", {vendor: account})

    def change_timings(self, **timings):
        """Lets things take their time, such as `task_running="1h"`."""
        self._ask("PATCH", "/timings", timings)

    def advance(self, by):
        """Moves the vendors' clock on, as by `20s`."""
        self._ask("POST", "/clock", {"advance": by})

    @property
    def paid(self):
        """The route of each piece of work that a real vendor would have charged, in order."""
        return [task["route"] for task in self._ask("GET", "/paid")]

    @property
    def received(self):
        """Each request as it came, in order: `method`, `path`, `query`, `headers`, `body`, `status` and more."""
        return self._ask("GET", "/received")

    @property
    def statuses(self):
        """How each request was answered, in order; `None` where no answer was begun."""
        return [request["status"] for request in self.received]

    def _ask(self, method, control, body=None):
        request = urllib.request.Request(f"{self.url}/_simulator{control}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
        try:
            with _DIRECT.open(request, timeout=_CONTROL_TIMEOUT_SECONDS) as answer:
                text = answer.read()
        except urllib.error.HTTPError as refused:
            raise ValueError(f"{method} {control} was refused: {refused.read().decode()}") from None
        return json.loads(text) if text else None
