"""`from less import kvs, topics`: the key-value store and the topics of the machinist daemon that runs the handler.

Outside of handlers set MACHINIST_SOCKET to the path of the daemon's socket; default: .machinist/machinist.sock.
"""

import http.client
import json
import os
import socket
from urllib.parse import quote

__all__ = ["kvs", "topics"]


class _Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


def _ask(method, path, text=None):
    connection = _Connection(os.environ.get("MACHINIST_SOCKET") or ".machinist/machinist.sock")
    try:
        headers = {} if text is None else {"content-type": "application/json"}
        connection.request(method, path, text and text.encode("utf-8"), headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    found = json.loads(content) if content else None
    if answer.status >= 300:
        raise Exception(found["error"]["message"] if found else f"the daemon answered {answer.status}")
    return found


def _check_key(key):
    if not key:
        raise Exception('Error: The param "key" must be provided')
    if not isinstance(key, str):
        raise Exception('Error: The param "key" must be of type string')


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class _Kvs:
    """Any JSON value under any key."""

    def set(self, key, value, ttl=None):
        """Creates or overwrites; `ttl` in seconds. Without one a key that exists keeps what it has."""
        _check_key(key)
        if ttl and not _is_number(ttl):
            raise Exception('Error: The param "ttl" must be of type number')
        _ask("PUT", _path(key), json.dumps({"value": value, **({"ttl": ttl} if ttl else {})}))

    def get(self, key):
        """The value, or None."""
        _check_key(key)
        return _ask("GET", _path(key))["value"]

    def delete(self, key):
        """Removes the key, if it is there."""
        _check_key(key)
        _ask("DELETE", _path(key))


def _path(key):
    return f"/v1/less/kvs?key={quote(key, safe='')}"


class _Topic:
    def __init__(self, name):
        self._name = name

    def publish(self, message):
        """Returns when the message is on disk; its handlers run later."""
        _ask("POST", f"/topics/{quote(self._name, safe='')}", json.dumps(message))


class _Topics:
    """Every attribute is a topic."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Topic(name)


kvs = _Kvs()
topics = _Topics()
