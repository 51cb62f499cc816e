"""What both comparisons share: where a tool is, how its processor time is counted, and tables that say when and on what they were measured."""

import csv
import datetime
import os
import platform
import re
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Cost:
    """What a child process took, as the system counted it: not by its own words."""

    cpu_s: float
    wall_s: float
    memory_mib: float
    failed: str = ""


def on_core(core, command, folder, environment=None):
    """Runs a command on one core to its end. Its last line is kept if it fails."""
    output = os.path.join(folder, "output")
    begin = time.monotonic()
    with open(output, "wb") as file:
        child = subprocess.Popen(["taskset", "-c", core, *command], stdout=file, stderr=file, cwd=folder, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - begin
    with open(output, errors="replace") as file:
        last = ([line.strip() for line in file if line.strip()] or ["no word of it"])[-1]
    return Cost(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024, last if child.returncode else "")


def search_path(folders):
    """`PATH` with `folders` before it."""
    return os.pathsep.join([*map(os.path.abspath, folders), os.environ.get("PATH", "")])


def said(command):
    """What a command prints first, or nothing if it cannot be run."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return next((line.strip() for line in done.stdout.splitlines() if line.strip()), "")


def version(path, *flags):
    """The version of the program at `path`: by its own flag, else by Debian's packages, else unknown."""
    told = said([path, *flags] if flags else ["dpkg-query", "-W", "-f", "${Version}", os.path.basename(path)])
    found = re.search(r"\d+(\.\d+)+", told)
    return found.group() if found else "unknown"


def machine():
    """Processor, cores, memory and system of this machine."""
    with open("/proc/cpuinfo") as file:
        name = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{name}, {os.cpu_count()} cores, {memory_gib:.1f} GiB, {platform.system()}"


def ratio(costs, baseline):
    """The median of the ratios within each round: what else the machine does in a round meets both. None where there was no round."""
    ratios = [one / other for one, other in zip(costs, baseline) if one and other]
    return statistics.median(ratios) if ratios else None


class Table:
    """A table that is printed, and written as Markdown and CSV, with the date and the machine."""

    def __init__(self, name, title, columns):
        self.name, self.title, self.columns, self.rows, self.notes = name, title, columns, [], []
        # Before the work begins: the work itself is not other work.
        self.begun = f"{datetime.datetime.now():%Y-%m-%d %H:%M}, {machine()}; load average before: {os.getloadavg()[0]:.1f}."

    def text(self):
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return "\n\n".join([f"## {self.title}", self.begun, table, *self.notes]) + "\n"

    def write(self, folder):
        """Prints the table; writes `peers-NAME.md` and `peers-NAME.csv` if a folder is named."""
        print(self.text())
        if not folder:
            return
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"peers-{self.name}")
        with open(path + ".md", "w") as file:
            file.write(self.text())
        with open(path + ".csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*self.columns, "measured"])
            writer.writerows([*row, self.begun] for row in self.rows)
        print(f"written to {path}.md and {path}.csv\n")


def which(name, path):
    return shutil.which(name, path=path)
