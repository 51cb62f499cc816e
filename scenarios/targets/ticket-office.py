#!/usr/bin/env python3
"""A pass server that is not Lockgate's: a ticket office with an interface of its own, in Python's standard library.

    python3 ticket-office.py [PORT]

It prints `listening on PORT` when it is ready; port 0 takes a free one. `ticket-office.toml` beside it tells Lockgate how to speak to
it. Everything is kept in memory: it is an example of an interface, not of a server to trust.

    POST /people            {"document": "..."}                        -> 200 {"data": {"credential": "..."}}
    POST /tickets           why=groceries&seconds=3600 (a form)        -> 200 {"ticket": {"no": 17, "qr": "TKT-..."}}
    GET  /tickets/QR/state                                             -> 200 {"state": "GOOD" | "OVER"}, 404 when there is none
    POST /tickets/NO/return                                            -> 200
    PUT  /people/me/home                                               -> 204
"""

import json
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote

LONGEST_S = 6 * 3600


class Office:
    """Who is known, and which tickets hold."""

    def __init__(self):
        self.lock = threading.Lock()
        self.people = set()
        self.tickets = {}  # QR -> when it is over
        self.numbers = {}  # number -> QR

    def register(self):
        credential = secrets.token_hex(12)
        with self.lock:
            self.people.add(credential)
        return credential

    def issue(self, seconds):
        code = "TKT-" + secrets.token_hex(8).upper()
        with self.lock:
            self.tickets[code] = time.monotonic() + min(seconds or LONGEST_S, LONGEST_S)
            number = len(self.numbers) + 1
            self.numbers[number] = code
        return number, code

    def state(self, code):
        with self.lock:
            over = self.tickets.get(code)
        if over is None:
            return None
        return "GOOD" if time.monotonic() < over else "OVER"

    def take_back(self, number):
        with self.lock:
            return self.tickets.pop(self.numbers.get(number), None) is not None


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Answers leave at once, not when the next one fills the packet.
    disable_nagle_algorithm = True
    wbufsize = -1
    office = Office()

    def answer(self, status, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def known(self):
        scheme, _, credential = self.headers.get("authorization", "").partition(" ")
        return scheme == "Ticket" and credential in self.office.people

    def handle_request(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        parts = [unquote(part) for part in self.path.split("/")[1:]]
        if self.headers.get("x-office") != "north":
            return self.answer(403, {"error": "which office?"})
        match self.command, parts:
            case "POST", ["people"]:
                if not json.loads(body).get("document"):
                    return self.answer(422, {"error": "no document"})
                return self.answer(200, {"data": {"credential": self.office.register()}})
            case "GET", ["tickets", code, "state"]:
                state = self.office.state(code)
                return self.answer(404, {"error": "no such ticket"}) if state is None else self.answer(200, {"state": state})
        if not self.known():
            return self.answer(401, {"error": "who are you?"})
        match self.command, parts:
            case "POST", ["tickets"]:
                form = {name: values[0] for name, values in parse_qs(body).items()}
                if "why" not in form:
                    return self.answer(422, {"error": "no reason"})
                seconds = form.get("seconds", "null")
                number, code = self.office.issue(None if seconds == "null" else int(seconds))
                return self.answer(200, {"ticket": {"no": number, "qr": code}})
            case "POST", ["tickets", number, "return"]:
                return self.answer(200 if self.office.take_back(int(number)) else 409, {})
            case "PUT", ["people", "me", "home"]:
                return self.answer(204)
        return self.answer(404, {"error": "no such page"})

    do_GET = do_POST = do_PUT = handle_request

    def log_message(self, format, *args):
        """Says nothing of each request."""


class Server(ThreadingHTTPServer):
    """Many connections at once."""

    daemon_threads = True
    request_queue_size = 512


if __name__ == "__main__":
    server = Server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8090), Handler)
    print(f"listening on {server.server_address[1]}", flush=True)
    server.serve_forever()
