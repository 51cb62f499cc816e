#!/usr/bin/env python3
"""Compare the processor time of load generators against nginx.

    benches/peers/run.py [--seconds 4] [--rounds 5] [--connections 64] [--lockgate target/release/lockgate] [--cores 0,1] [--rate R]

Starts nginx with a configuration of its own on a free port of 127.0.0.1, kept on the first core; runs lockgate and each of wrk, wrk2,
oha, hey, k6 and locust that is installed, kept on the second core, one after the other, several rounds in turn. Requests are counted by
nginx (stub_status) and processor time by the system (the child's, as wait4 tells it), so that every tool is measured alike and none by
its own words. Prints one table: CPU seconds per 100,000 requests (median of the rounds), its ratio to wrk's in the same round (median of
the ratios), and requests a second. With --rate, lockgate plays that rate with constant and with Poisson arrivals, and its send lag is
printed. Needs Python 3 and nginx; nothing else has to be there.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

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
K6 = "import http from 'k6/http'; export default function () {{ http.get('{url}'); }}"
LOCUST = """from locust import FastHttpUser, task
class Asker(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/")
"""


def commands(args, url, folder):
    """The command line of each tool, by name; the first word must be installed."""
    n, s = str(args.connections), f"{args.seconds:g}"
    script = lambda name, text: (open(os.path.join(folder, name), "w").write(text), os.path.join(folder, name))[1]
    return {
        "lockgate": [args.lockgate, "load", "--target", url, "--get", "/", "--closed", n, "--duration", s + "s", "--threads", "1",
                     *args.set, "--out", os.path.join(folder, "run")],
        "wrk": ["wrk", "-t1", "-c" + n, f"-d{s}s", url],
        "wrk2": ["wrk2", "-t1", "-c" + n, f"-d{s}s", "-R500000", url],
        "oha": ["oha", "--no-tui", "-c", n, "-z", s + "s", url],
        "hey": ["hey", "-cpus", "1", "-c", n, "-z", s + "s", url],
        "k6": ["k6", "run", "--quiet", "--vus", n, "--duration", s + "s", script("k6.js", K6.format(url=url))],
        "locust": ["locust", "--headless", "-u", n, "-r", n, "-t", s + "s", "-H", url, "-f", script("locustfile.py", LOCUST)],
    }


def on_core(core, command, folder):
    """Runs a command on one core; its CPU seconds and its wall seconds."""
    begin = time.monotonic()
    with open(os.path.join(folder, "output"), "wb") as output:
        child = subprocess.Popen(["taskset", "-c", core, *command], stdout=output, stderr=output, cwd=folder)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, time.monotonic() - begin


def requests(url):
    """How many requests nginx has answered, this one included."""
    text = urllib.request.urlopen(url + "/requests").read().decode()
    return int(text.split("\n")[2].split()[2])


def serve(folder, core):
    """Starts nginx; the process and its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w") as conf:
        conf.write(NGINX.format(dir=folder, port=port))
    nginx = subprocess.Popen(["taskset", "-c", core, "nginx", "-c", path, "-p", folder], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            requests(url)
            return nginx, url
        except OSError:
            time.sleep(0.05)
    sys.exit("nginx does not start")


def compare(args, url, folder, core):
    tools = {name: line for name, line in commands(args, url, folder).items() if shutil.which(line[0])}
    rows = {name: [] for name in tools}
    for _ in range(args.rounds):
        for name, line in tools.items():
            before = requests(url)
            cpu_s, wall_s = on_core(core, line, folder)
            count = requests(url) - before - 1
            rows[name].append((cpu_s / count * 1e5, count / wall_s) if count > 1000 else None)
    print(f"{'tool':10} {'CPU s per 100,000':>18} {'ratio to wrk':>13} {'requests/s':>11}")
    for name, rounds in rows.items():
        sound = [row for row in rounds if row]
        if not sound:
            print(f"{name:10} made no requests: {' '.join(tools[name])}")
            continue
        ratios = [row[0] / wrk[0] for row, wrk in zip(rounds, rows.get("wrk", [])) if row and wrk]
        ratio = f"{statistics.median(ratios):.2f}" if ratios else "-"
        cpu, rate = (statistics.median(column) for column in zip(*sound))
        print(f"{name:10} {cpu:18.2f} {ratio:>13} {rate:11,.0f}")


def pace(args, url, folder, core):
    print(f"{'arrivals':10} {'send lag p50':>13} {'p99':>9} {'p99.9':>9} {'max':>9}  CPU s of which spinning   (times in µs)")
    for _ in range(args.rounds):
        for arrivals in ["constant", "poisson"]:
            run = os.path.join(folder, "run")
            line = [args.lockgate, "load", "--target", url, "--get", "/", "--rate", str(args.rate), "--arrivals", arrivals, "--threads",
                    "1", "--duration", f"{args.seconds:g}s", *args.set, "--out", run]
            on_core(core, line, folder)
            with open(os.path.join(run, "run.json")) as file:
                record = json.load(file)
            lag = record["kinds"]["get"]["send_lag_us"]
            spin = record.get("generator_spin_s", 0.0)
            print(f"{arrivals:10} {lag['p50']:13.1f} {lag['p99']:9.1f} {lag['p99_9']:9.1f} {lag['max']:9.1f}"
                  f"  {record['generator_cpu_s']:5.2f} {spin:17.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--lockgate", default="target/release/lockgate")
    parser.add_argument("--cores", default="0,1", help="of nginx, and of the generators")
    parser.add_argument("--rate", type=int, help="compare no tools; play this rate and print the send lag")
    parser.add_argument("--set", action="append", default=["load.read_metrics=false"], help="a key of lockgate's scenario")
    args = parser.parse_args()
    args.set = [word for change in args.set for word in ("--set", change)]
    args.lockgate = os.path.abspath(args.lockgate)
    if not shutil.which("nginx") or not shutil.which("taskset"):
        sys.exit("this needs nginx and taskset")
    servers, generators = args.cores.split(",")
    with tempfile.TemporaryDirectory() as folder:
        nginx, url = serve(folder, servers)
        try:
            (pace if args.rate else compare)(args, url, folder, generators)
        finally:
            nginx.send_signal(signal.SIGTERM)
            nginx.wait()


if __name__ == "__main__":
    main()
