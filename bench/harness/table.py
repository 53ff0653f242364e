# SPDX-License-Identifier: MIT
"""What a section found, and the table that is printed."""
import dataclasses
import datetime
import os
import platform
import subprocess


@dataclasses.dataclass
class Row:
    case: str
    ours: float
    unit: str
    peer: str = ""            # "" where there is nothing to compare with
    theirs: float = 0.0
    higher_is_better: bool = False
    goal: float = 0.0         # the ratio wanted; 0: none
    spread: str = ""          # how far the turns lay apart
    fastest: float = 0.0      # ratio of the fastest turns, which others disturbed least; 0: none

    def ratio(self):
        """How many times better reelvec is; above 1 is ahead."""
        if not self.peer or not self.ours or not self.theirs:
            return None
        return self.ours / self.theirs if self.higher_is_better else self.theirs / self.ours


@dataclasses.dataclass
class Remark:
    text: str


def number(value):
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.4f}"


def verdict(row):
    ratio = row.ratio()
    if not row.goal or ratio is None:
        return ""
    return f">= {row.goal:.3g} {'met' if ratio >= row.goal else 'NOT MET'}"


def row_line(section, row):
    ratio = row.ratio()
    cells = [section, row.case, f"{number(row.ours)} {row.unit}", row.peer, f"{number(row.theirs)} {row.unit}" if row.peer else "",
             f"{ratio:.2f}" if ratio is not None else "", verdict(row),
             f"{row.fastest:.2f}" if row.fastest else "", row.spread]
    return "| " + " | ".join(cells) + " |"


HEAD = ("| section | case | reelvec | peer | peer's figure | ratio | goal | ratio of fastest | spread of turns |\n"
        "|---|---|---|---|---|---|---|---|---|")


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    flags = facts.get("flags", "").split()
    known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8") if flag in flags]
    return f"{facts.get('model name', platform.machine())} (model {facts.get('model', '?')}; {', '.join(known)})"


def heading():
    cores = len(os.sched_getaffinity(0))
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    try:
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        commit = ""
    return (f"{datetime.date.today()}, {commit or 'no git'}: {cores} cores of {processor()}, {memory_gb:.0f} GB. "
            f"Medians; ratio above 1: reelvec is ahead.")


def markdown(results, with_goals=True):
    """results: {section: [Row or Remark]}."""
    if not with_goals:
        for items in results.values():
            for item in items:
                if isinstance(item, Row):
                    item.goal = 0
    rows = [row_line(section, item) for section, items in results.items() for item in items if isinstance(item, Row)]
    remarks = [f"- {section}: {item.text}" for section, items in results.items() for item in items if isinstance(item, Remark)]
    return "\n".join([heading(), "", HEAD, *rows, "", *remarks, ""])
