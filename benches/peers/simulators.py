"""Simulators: resident-days a second of processor time on one core.

They do not do the same. What each does in a day is said beside its figure; a ratio of such figures tells the order of magnitude that one
can expect of a tool, not which is better. Mesa and krABMaga are frameworks without a model of their own: both run the least that could be
called the same question (models/mesa_days.py and models/krabmaga.rs), four reasons to go out, 0.65 trips a resident-day, each with a place
and a minute, counted by the minute: no households, policy, passes, requests or checks.
"""

import os
import statistics
import subprocess
from dataclasses import dataclass, field

from measure import Table, on_core, ratio, said, version, which

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KRABMAGA = os.path.join(ROOT, "target", "lockgate-bench", "krabmaga")
KRABMAGA_VERSION = "0.6.2"
# One core is what is compared: libraries must not start threads of their own.
ONE_THREAD = {name: "1" for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass
class Simulator:
    version: str
    does: str
    # The command line for so many days.
    command: callable
    runs: list = field(default_factory=list)
    fault: str = ""


def build_krabmaga(search):
    """Fetches krABMaga with Cargo and builds the model that is measured."""
    cargo = which("cargo", search)
    os.makedirs(os.path.join(KRABMAGA, "src"), exist_ok=True)
    with open(os.path.join(KRABMAGA, "Cargo.toml"), "w") as file:
        file.write(f'[package]\nname = "krabmaga-days"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\nkrabmaga = "={KRABMAGA_VERSION}"\n\n'
                   '[[bin]]\nname = "krabmaga-days"\npath = "' + os.path.join(HERE, "models", "krabmaga.rs") + '"\n\n'
                   '[profile.release]\ncodegen-units = 1\nlto = "thin"\n\n[workspace]\n')
    subprocess.run([cargo, "build", "--release", "--quiet", "--target-dir", os.path.join(KRABMAGA, "target")], cwd=KRABMAGA, check=True)


def installed(args, folder):
    """The simulators that are installed, by name, and the names of those that are not."""
    n = str(args.residents)
    python = which("python3", args.search)
    krabmaga = os.path.join(KRABMAGA, "target", "release", "krabmaga-days")
    month = os.path.join(ROOT, "scenarios", "nizhny-novgorod-month.toml")
    found = {"lockgate": Simulator(
        version(args.lockgate, "--version"), "households, needs, trips, policy, passes, requests, checks (nizhny-novgorod-month.toml)",
        lambda days: [args.lockgate, "simulate", month, "--residents", n, "--days", str(days), "--threads", "1", "--format", "none",
                      "--out", os.path.join(folder, "run")])}
    models = {
        "Covasim": ("covasim", "covasim", "a disease spreads over contact networks, with tests; no trips"),
        "OpenABM-Covid19": ("COVID19", "COVID19", "a disease spreads over contact networks, with hospitals; no trips"),
        "Mesa": ("mesa", "mesa", "draws 0.65 trips, counted by the minute; nothing else (models/mesa_days.py)"),
    }
    for name, (module, package, does) in models.items():
        code = f"import importlib.metadata, importlib.util as u; u.find_spec('{module}') and print(importlib.metadata.version('{package}'))"
        if python and (known := said([python, "-c", code])) and known[:1].isdigit():
            model = os.path.join(HERE, "models", module.lower() + "_days.py")
            found[name] = Simulator(known, does, lambda days, model=model: [python, model, n, str(days)])
    if os.path.exists(krabmaga):
        found["krABMaga"] = Simulator(KRABMAGA_VERSION, "the same as Mesa (models/krabmaga.rs)", lambda days: [krabmaga, n, str(days)])
    return found, sorted({*models, "krABMaga"} - set(found))


def compare(args, folder):
    """All simulators that are installed, in turn, several rounds, each once for all days and once for a third of them."""
    if args.build_krabmaga:
        build_krabmaga(args.search)
    table = Table("simulators", f"Simulators: {args.residents:,} residents, {args.days} days, one core",
                  ["tool", "version", "resident-days per CPU s, whole process", "days alone", "lockgate's days alone, times that",
                   "peak memory (MiB)", "in a day it does"])
    few = max(args.days // 3, 1)
    core = args.cores.split(",")[1]
    environment = {**os.environ, **ONE_THREAD}
    tools, left = installed(args, folder)
    for _ in range(args.rounds):
        for tool in tools.values():
            short, whole = (on_core(core, tool.command(days), folder, environment) for days in (few, args.days))
            tool.fault = tool.fault or short.failed or whole.failed
            tool.runs.append((short, whole))
    rates = {name: [(args.days - few) * args.residents / max(whole.cpu_s - short.cpu_s, 0.01) for short, whole in tool.runs]
             for name, tool in tools.items()}
    for name, tool in tools.items():
        if tool.fault:
            table.notes.append(f"{name} failed: {tool.fault}")
            continue
        whole = statistics.median(args.days * args.residents / whole.cpu_s for _, whole in tool.runs)
        times = ratio(rates["lockgate"], rates[name])
        memory = max(whole.memory_mib for _, whole in tool.runs)
        table.rows.append([name, tool.version, f"{whole:,.0f}", f"{statistics.median(rates[name]):,.0f}", f"{times:.1f}", f"{memory:,.0f}",
                           tool.does])
    table.notes.append(
        f"Medians of {args.rounds} rounds in turn. *Whole process*: start-up, making people and results included. *Days alone*: from the "
        f"difference in processor time between {args.days} and {few} days. The tools do different things in a day, so a ratio tells an "
        "order of magnitude, not which is better: Covasim and OpenABM-Covid19 spread a disease over contacts and make no trips; what "
        "Mesa and krABMaga run is a model as small as it can be.")
    table.notes += [f"Left out, since not installed: {', '.join(left)}."] if left else []
    return table
