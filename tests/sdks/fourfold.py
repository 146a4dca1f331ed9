"""The server under test, as its operator uses it."""

import json
import urllib.error
import urllib.request
import uuid

# Whatever proxy this machine has, the server is on it.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_TIMEOUT_SECONDS = 10


class Fourfold:
    """The server, shared by all tests; each of them has an account of its own."""

    def __init__(self, url, admin_key):
        self.url = url
        self._admin_key = admin_key

    def make_key(self, kind, **settings):
        """A new key, such as `make_key("service", scopes=["chat"])`."""
        return self.ask("POST", "/api/v1/admin/keys", {"kind": kind, **settings})["key"]

    def make_account(self, credits):
        """The name of a new account with so many credits."""
        account = f"user-{uuid.uuid4()}"
        if credits:
            self.ask("POST", f"/api/v1/admin/accounts/{account}/grants", {"credits": credits})
        return account

    def credits(self, account):
        """What an account has: `available` and `held`."""
        return self.ask("GET", "/api/v1/credits", account=account)

    def entries(self, account):
        """The kinds of an account's entries, in order."""
        listed = self.ask("GET", "/api/v1/credits/entries?limit=100", account=account)["data"]
        return [entry["kind"] for entry in reversed(listed)]

    def forget_failures(self):
        """Lets the server ask each vendor again, whatever it said of its credential."""
        self.ask("POST", "/api/v1/admin/config/reload", {})

    def verify_ledger(self):
        """Whether the books add up, and how."""
        return self.ask("GET", "/api/v1/admin/ledger/verify")

    def ask(self, method, path, body=None, account=None, headers=None):
        """A request of the operator's, maybe in the name of an account."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", **(headers or {})}
        return self._send(method, path, data, headers, account)

    def upload(self, path, body, content_type, account):
        """The same with a body of another type."""
        return self._send("POST", path, body, {"content-type": content_type}, account)

    def _send(self, method, path, data, headers, account):
        headers["authorization"] = f"Bearer {self._admin_key}"
        if account is not None:
            headers["fourfold-user"] = account
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with _DIRECT.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            raise ValueError(f"{method} {path} was refused: {refused.read().decode()}") from None
