"""Run all benchmarks and write RESULTS.md and RESULTS.json beside this file; `make bench` does.

Every script also runs alone; with `--only`, the results of the others stay as they are.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
from _measure import PARTS, say, threads_from_environment

HERE = Path(__file__).parent
SCRIPTS = sorted(path.stem for path in HERE.glob("[a-z]*.py") if path.stem != "run")
QUICK = ("compute", "startup", "stroke")  # these know --quick
HEAD = """\
# Results

Made by `make bench`. A ratio is ours divided by the other's: below 1, ours is faster or smaller.
Both sides of a ratio were measured in one run, in turn, after a warm-up, with equally many threads.
Numbers are medians, with the 5th and the 95th percentile of all samples in brackets. What was run
on a GPU says so in its device; all else ran on the CPU.

{machine}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", help="of compute.py: cpu or cuda")
    parser.add_argument("--quick", action="store_true", help="few rounds: to try the scripts")
    parser.add_argument("--only", nargs="*", default=SCRIPTS, choices=SCRIPTS)
    options = parser.parse_args()
    shutil.rmtree(PARTS, ignore_errors=True)
    PARTS.mkdir()
    parts = {part_name(name, options.device): run(name, options) for name in options.only}
    results = HERE / "RESULTS.json"
    before = json.loads(results.read_text())["parts"] if results.exists() else {}
    content = {"machine": describe_machine(), "parts": dict(sorted({**before, **parts}.items()))}
    results.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    results.with_suffix(".md").write_text(markdown(content))
    if failed := [name for name, part in parts.items() if part.get("failed")]:
        sys.exit(f"these failed: {', '.join(failed)}")


def part_name(script, device):
    """The heading under which a script's results stand; another device has its own."""
    return script if device == "cpu" or script != "compute" else f"{script}, {device}"


def run(name, options):
    """What one script found: the JSON that it wrote, or else what it printed."""
    arguments = ["--device", options.device] if name == "compute" else []
    arguments += ["--quick"] if options.quick and name in QUICK else []
    say(f"--- {name}")
    conditions = {"run": describe_run(options)}
    begin = time.monotonic()
    script = subprocess.Popen(
        [sys.executable, "-u", HERE / f"{name}.py", *arguments],
        stdout=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": str(threads_from_environment())},
        text=True,
    )
    printed = []
    for line in script.stdout:
        print(line, end="", flush=True)
        printed.append(line)
    failed = script.wait() != 0
    found = [json.loads(path.read_text()) for path in PARTS.glob(f"{name}.json")]
    part = found[0] if found else {"printed": "".join(printed)}
    conditions["run"] += f", {time.monotonic() - begin:.0f} s"
    part["conditions"] = conditions | part.get("conditions", {})
    return part | ({"failed": True} if failed else {})


def markdown(content):
    machine = "\n".join(f"- {name}: {value}" for name, value in content["machine"].items())
    lines = [HEAD.format(machine=machine)]
    for name, part in content["parts"].items():
        lines += [f"## {name}", ""]
        if part.get("failed"):
            lines += ["**This script failed; what follows is not whole.**", ""]
        lines += ["; ".join(f"{key} {value}" for key, value in part["conditions"].items()), ""]
        if "printed" in part:
            lines += ["```", part["printed"].rstrip(), "```", ""]
            continue
        lines += ["| work | ours | beside | ratio | wanted | |", "| --- " * 6 + "|"]
        lines += [line for row in part["rows"] for line in table_rows(row)]
        lines.append("")
    return "\n".join(lines)


def table_rows(row):
    """One row of the table for each rival."""
    found = row["found"]
    ours = found[row["ours"]]
    first = f"{row['work']} | {row['ours']}: {number(ours, row['unit'])}"
    rivals = [name for name in found if name != row["ours"]]
    if not rivals:
        yield f"| {first} | | | | |"
    for name in rivals:
        ratio = ours["median"] / other if (other := found[name]["median"]) else math.nan
        wanted = row["wanted"].get(name, "")
        verdict = wanted and ("yes" if ratio <= float(wanted.strip("≤ ")) else "**no**")
        beside = f"{name}: {number(found[name], row['unit'])}"
        shown = "" if math.isnan(ratio) else f"{ratio:.2f}"
        yield f"| {first} | {beside} | {shown} | {wanted} | {verdict} |"
        first = " | "


def number(found, unit):
    """A median, and the spread where there is one."""
    shown = f"{short(found['median'])} {unit}"
    if found["n"] > 2:
        shown += f" ({short(found['p5'])} to {short(found['p95'])})"
    return shown


def short(value):
    """Three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def describe_machine():
    return {
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
    }


def describe_run(options):
    """When, and how much else the machine had to do."""
    run = datetime.date.today().isoformat()
    if options.quick:
        run += ", few rounds (--quick)"
    busy = psutil.cpu_percent(interval=1)
    run += f", machine {busy:.0f} % busy before"
    if busy > 15:
        run += " (others were at work: read the numbers with care)"
    return run


def processor():
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
