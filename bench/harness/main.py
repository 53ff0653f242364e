# SPDX-License-Identifier: MIT
"""The command line of bench/run."""
import argparse
import importlib
import importlib.util
import os
import pathlib
import sys

import calm
import inputs
from bench import NO_PEERS, ROOT, Bench
from measure import Failed, Skipped
from table import Remark, markdown, row_line, Row

SECTIONS = {
    "machine": "multiply-add peak and memory bandwidth",
    "embedding": "pictures to embeddings, against ONNX Runtime and PyTorch",
    "models": "whole models of several families, their share of the peak, against PyTorch and ONNX Runtime",
    "products": "bare matrix products, against OpenBLAS",
    "pixels": "a frame to the model's input, against Pillow and torchvision",
    "decoding": "the frames that sampling chooses, against ffmpeg and OpenCV",
    "text": "a text query from a cold process, against PyTorch",
    "job": "video file to library, against the notebook's way and a pipe of peers",
    "search": "exact search, against numpy, Faiss and hnswlib",
    "scale": "indexing by resolution, as a basis for docs/scale.md (not a comparison)",
}


def parsed():
    parser = argparse.ArgumentParser(
        prog="bench/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Time reelvec against its peers, in turn, and print ratios of medians in one table.",
        epilog="sections:\n" + "\n".join(f"  {name:<10} {what}" for name, what in SECTIONS.items()))
    parser.add_argument("sections", nargs="*", metavar="SECTION", help="what to run (all)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each participant (5)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="threads of each (one per core)")
    parser.add_argument("--patience", type=float, default=60, metavar="SECONDS",
                        help="how long, in all, to wait for other processes to be quiet and to repeat disturbed turns (60)")
    parser.add_argument("--video", default="", help="only the clips and videos whose names have this in them")
    parser.add_argument("--peer", default="", help="only the peers whose names have this in them")
    parser.add_argument("--out", metavar="FILE.md", help="write the table there, too")
    parser.add_argument("--inputs", metavar="FOLDER", default=ROOT / "out" / "bench", help="where inputs are kept (out/bench)")
    parser.add_argument("--build", metavar="FOLDER", default=ROOT / "build", help="use the programs of this build as they are")
    parser.add_argument("--before", metavar="FOLDER", help="another build, which takes its turns as \"before\" (embedding, text, job, search)")
    parser.add_argument("--prepare", action="store_true", help="only make the inputs (ten minutes, 9 GB)")
    parser.add_argument("--no-install", action="store_true", help="install nothing; what is missing is skipped")
    parser.add_argument("--no-peers", action="store_true", help="only reelvec; ffmpeg, which makes the clips, stays")
    parser.add_argument("--smoke", action="store_true", help="tiny inputs, one round: does everything run? The figures mean nothing")
    options = parser.parse_args()
    unknown = [name for name in options.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]}; there are {', '.join(SECTIONS)}")
    if options.rounds < 1 or options.threads < 1:
        parser.error("--rounds and --threads are at least 1")
    for build in filter(None, (options.build, options.before)):
        if not pathlib.Path(build, "bench", "bench_embed").exists():
            parser.error(f"{build}: no built benchmarks; run ninja -C {build}")
    for module, package in (("numpy", "python3-numpy"), ("PIL", "python3-pil")):
        if importlib.util.find_spec(module) is None:
            parser.error(f"no Python module {module}; install {package} (bench/setup does)")
    return options


def run_section(name, bench):
    try:
        return importlib.import_module(f"sections.{name}").run(bench)
    except Skipped as why:
        return [Remark(f"skipped: {why}")]
    except Failed as why:
        return [Remark(f"FAILED: {why}")]


def main():
    options = parsed()
    bench = Bench(options.build, options.inputs, 1 if options.smoke else options.rounds, options.threads, options.smoke, not options.no_peers, options.video, options.peer,
                  options.before)
    if options.prepare:
        inputs.prepare(bench)
        return 0
    calm.set_patience(0 if options.smoke else options.patience)
    results = {}
    for name in options.sections or SECTIONS:
        print(f"== {name}: {SECTIONS[name]}", file=sys.stderr, flush=True)
        results[name] = [item for item in run_section(name, bench) if not (isinstance(item, Remark) and item.text.endswith(NO_PEERS))]
        for item in results[name]:
            print(row_line(name, item) if isinstance(item, Row) else f"- {item.text}", file=sys.stderr, flush=True)
        text = markdown(results, with_goals=not options.smoke)
        if options.out:
            pathlib.Path(options.out).write_text(text, encoding="utf-8")
    print(text)
    failed = any(isinstance(item, Remark) and item.text.startswith("FAILED") for items in results.values() for item in items)
    empty = [name for name, items in results.items() if not any(isinstance(item, Row) for item in items)]
    return 1 if failed or (options.smoke and empty) else 0


if __name__ == "__main__":
    sys.exit(main())
