"""Load generators against one nginx: processor time per request, and how late lockgate sends."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from measure import Table, on_core, ratio, version, which

NGINX = """
worker_processes 1; daemon off; master_process off; error_log /dev/null; pid {dir}/pid;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {dir}/a; proxy_temp_path {dir}/b; fastcgi_temp_path {dir}/c; uwsgi_temp_path {dir}/d; scgi_temp_path {dir}/e;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ default_type text/plain; return 200 "ok\\n"; }}
    location /requests {{ stub_status; }}
  }}
}}
"""
K6 = "import http from 'k6/http'; export default function () {{ http.get('{url}/'); }}"
LOCUST = """from locust import FastHttpUser, task
class Asker(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/")
"""
# How each is asked for its version; hey and wrk2 do not tell.
VERSION = {"lockgate": ["--version"], "wrk": ["-v"], "oha": ["--version"], "k6": ["version"], "locust": ["--version"],
           "h2load": ["--version"], "ab": ["-V"]}
# Fewer requests than this in a round are no measurement.
REQUESTS_MIN = 1000


def commands(args, url, folder):
    """The command line of each tool, by name; the first word must be installed."""
    n, s = str(args.connections), f"{args.seconds:g}"

    def script(name, text):
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    return {
        "lockgate": [args.lockgate, "load", "--target", url, "--get", "/", "--closed", n, "--duration", s + "s", "--threads", "1",
                     *args.set, "--out", os.path.join(folder, "run")],
        "wrk": ["wrk", "-t1", "-c" + n, f"-d{s}s", url + "/"],
        "wrk2": ["wrk2", "-t1", "-c" + n, f"-d{s}s", "-R500000", url + "/"],
        "oha": ["oha", "--no-tui", "-c", n, "-z", s + "s", url + "/"],
        "hey": ["hey", "-cpus", "1", "-c", n, "-z", s + "s", url + "/"],
        "h2load": ["h2load", "--h1", "-t1", "-c" + n, f"-D{s}", url + "/"],
        "ab": ["ab", "-q", "-k", "-c", n, "-t", s, "-n", str(int(200_000 * args.seconds)), url + "/"],
        "k6": ["k6", "run", "--quiet", "--vus", n, "--duration", s + "s", script("k6.js", K6.format(url=url))],
        "locust": ["locust", "--headless", "--only-summary", "-u", n, "-r", n, "-t", s + "s", "-H", url, "-f",
                   script("locustfile.py", LOCUST)],
    }


def requests(url):
    """How many requests nginx has answered, this one included."""
    text = urllib.request.urlopen(url + "/requests").read().decode()
    return int(text.split("\n")[2].split()[2])


@contextmanager
def nginx(folder, core):
    """An nginx of our own on a free port of loopback, kept on one core; its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d" % free.getsockname()[1]
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w") as conf:
        conf.write(NGINX.format(dir=folder, port=url.rsplit(":", 1)[1]))
    server = subprocess.Popen(["taskset", "-c", core, "nginx", "-c", path, "-p", folder], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                requests(url)
                break
            except OSError:
                time.sleep(0.05)
        else:
            sys.exit("nginx does not start")
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def compare(args, folder):
    """All generators that are installed, in turn, several rounds."""
    table = Table("generators", "Load generators",
                  ["tool", "version", "CPU s per 100,000 requests", "ratio to wrk", "requests/s", "connections"])
    server_core, core = args.cores.split(",")
    with nginx(folder, server_core) as url:
        named = commands(args, url, folder)
        tools = {name: line for name, line in named.items() if which(line[0], args.search)}
        costs, rates, faults = ({name: [] for name in tools} for _ in range(3))
        for _ in range(args.rounds):
            for name, line in tools.items():
                before = requests(url)
                cost = on_core(core, [which(line[0], args.search), *line[1:]], folder)
                count = requests(url) - before - 1
                sound = count >= REQUESTS_MIN
                costs[name].append(cost.cpu_s / count * 1e5 if sound else None)
                rates[name] += [count / cost.wall_s] if sound else []
                faults[name] += [] if sound else [cost.failed or f"{count} requests"]
    for name in tools:
        if not rates[name]:
            table.notes.append(f"{name} made no load: {faults[name][-1]}.")
            continue
        to_wrk = ratio(costs[name], costs.get("wrk", []))
        found = version(which(tools[name][0], args.search), *VERSION.get(name, []))
        table.rows.append([name, found, f"{statistics.median(filter(None, costs[name])):.2f}", f"{to_wrk:.2f}" if to_wrk else "-",
                           f"{statistics.median(rates[name]):,.0f}", str(args.connections)])
    table.notes.append(
        f"Closed loop against nginx {version('nginx', '-v')} on the other core, {args.seconds:g} s a round, {args.rounds} rounds in turn: "
        "processor time of the tool's whole process as the system counts it, requests as nginx counts them, medians; ratios are "
        "those within a round.")
    table.notes += [f"Left out, since not installed: {', '.join(left)}."] if (left := sorted(set(named) - set(tools))) else []
    return table


def pace(args, folder):
    """How late lockgate sends at a rate, and what waiting precisely costs."""
    table = Table("send-lag", f"Send lag of lockgate at {args.rate:,} requests/s",
                  ["arrivals", "p50 (µs)", "p99 (µs)", "p99.9 (µs)", "max (µs)", "CPU s", "of it spinning (s)"])
    server_core, core = args.cores.split(",")
    run = os.path.join(folder, "run")
    with nginx(folder, server_core) as url:
        for arrivals in ["constant", "poisson"] * args.rounds:
            on_core(core, [args.lockgate, "load", "--target", url, "--get", "/", "--rate", str(args.rate), "--arrivals", arrivals,
                           "--threads", "1", "--duration", f"{args.seconds:g}s", *args.set, "--out", run], folder)
            with open(os.path.join(run, "run.json")) as file:
                record = json.load(file)
            lag = record["kinds"]["get"]["send_lag_us"]
            table.rows.append([arrivals, *(f"{lag[part]:.1f}" for part in ("p50", "p99", "p99_9", "max")),
                               f"{record['generator_cpu_s']:.2f}", f"{record.get('generator_spin_s', 0.0):.2f}"])
    return table
