#!/usr/bin/env python3
"""Measure lockgate beside its peers, in one run.

    benches/peers/run.py --out target/lockgate-bench            # all: generators, then simulators (some ten minutes)
    benches/peers/run.py --only generators                      # or one of the two
    benches/peers/run.py --path ~/venv/bin --path ~/.cargo/bin  # where else peers are installed
    benches/peers/run.py --rate 20000                           # no peers: how late lockgate sends at that rate

Load generators (lockgate, wrk, wrk2, oha, hey, h2load, ab, k6, Locust) send to an nginx that this starts on a free port of 127.0.0.1,
kept on the first core; each runs on the second, one after the other, several rounds in turn. Requests are counted by nginx
(stub_status) and processor time by the system (wait4), so that every tool is measured alike and none by its own words.

Simulators (lockgate, Covasim, Mesa, krABMaga, OpenABM-Covid19) live days of as many agents on the second core: simulators.py says what
each does in a day, for they do different things.

What is installed takes part; what is not is named as left out. krABMaga is a library: `--build-krabmaga` fetches it with Cargo and builds
the model that is measured, once. Each table is printed, and with --out written as Markdown and CSV with the date and the machine;
`cargo bench --bench summary` takes in what it finds in target/lockgate-bench. Needs Python 3, taskset, a lockgate built for release, and
nginx for the generators.
"""

import argparse
import os
import sys
import tempfile

# The repository is no place for what Python keeps of these.
sys.dont_write_bytecode = True

import generators
import simulators
from measure import search_path, which


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["generators", "simulators"])
    parser.add_argument("--out", metavar="DIR", help="write the tables there, too")
    parser.add_argument("--path", metavar="DIR", action="append", default=[], help="look for tools there before PATH")
    parser.add_argument("--lockgate", default="target/release/lockgate")
    parser.add_argument("--cores", default="0,1", help="of nginx, and of all that is measured")
    parser.add_argument("--rounds", type=int, default=5)
    load = parser.add_argument_group("generators")
    load.add_argument("--seconds", type=float, default=4.0)
    load.add_argument("--connections", type=int, default=64)
    load.add_argument("--rate", type=int, help="compare no tools; play this rate and tell the send lag")
    load.add_argument("--set", action="append", default=["load.read_metrics=false"], help="a key of lockgate's scenario")
    days = parser.add_argument_group("simulators")
    days.add_argument("--residents", type=int, default=100_000)
    days.add_argument("--days", type=int, default=30)
    days.add_argument("--build-krabmaga", action="store_true", help="fetch krABMaga with Cargo and build its model")
    args = parser.parse_args()
    args.set = [word for change in args.set for word in ("--set", change)]
    args.lockgate = os.path.abspath(args.lockgate)
    args.search = search_path(args.path)
    return args


def main():
    args = arguments()
    needed = ["taskset", args.lockgate] + (["nginx"] if args.only != "simulators" else [])
    if missing := [name for name in needed if not which(name, args.search)]:
        sys.exit(f"this needs {' and '.join(missing)}")
    with tempfile.TemporaryDirectory() as folder:
        if args.rate:
            generators.pace(args, folder).write(args.out)
            return
        if args.only != "simulators":
            generators.compare(args, folder).write(args.out)
        if args.only != "generators":
            simulators.compare(args, folder).write(args.out)


if __name__ == "__main__":
    main()
