# SPDX-License-Identifier: MIT
"""What all sections share: where things lie, how long to measure, what is installed, the inputs."""
import functools
import json
import os
import pathlib
import subprocess

from measure import Skipped

NO_PEERS = "--no-peers"  # why a peer was left out; not worth a line in the table
PYTHON = "/usr/bin/python3"
ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ROOT / "bench" / "peers"
PRECISIONS = ("float32", "fast")  # in which reelvec embeds pictures
BEFORE = "before"                 # an earlier build of reelvec as a participant: the name, or how it begins
ALWAYS = ("reelvec", "the peak", BEFORE)  # participants that are no peers
PACKAGES = {"torch": "python3-torch", "onnx": "python3-onnx", "cv2": "python3-opencv", "pandas": "python3-pandas",
            "faiss": "python3-faiss", "hnswlib": "python3-hnswlib", "PIL": "python3-pil", "torchvision": "python3-torchvision"}


class Bench:
    def __init__(self, build, out, rounds, threads, smoke, with_peers=True, video="", peer="", before=None):
        self.build, self.out = pathlib.Path(build).resolve(), pathlib.Path(out).resolve()
        self.rounds, self.threads, self.smoke, self.with_peers = rounds, threads, smoke, with_peers
        self.video = video  # what the names of clips and videos have to contain
        self.peer = peer    # and those of peers
        self.out.mkdir(parents=True, exist_ok=True)
        self.reelvec = self.build / "apps" / "cli" / "reelvec"
        # The same with the programs of the earlier build, if one was given.
        self.before = Bench(before, out, rounds, threads, smoke, with_peers, video, peer) if before else None
        # Peers that use OpenBLAS: 0.3.21 takes newer Xeons for a Prescott and would use SSE3.
        self.environment = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
        if "avx512f" in pathlib.Path("/proc/cpuinfo").read_text():
            self.environment["OPENBLAS_CORETYPE"] = "SkylakeX"
        os.environ["REELVEC_DEVICE"] = "cpu"  # what a machine has besides is the matter of tools/gpu_check
        # What reelvec remembers between runs (checksums of models) stays out of the user's home.
        os.environ["XDG_CACHE_HOME"] = str(self.out / "cache")

    def program(self, name):
        return self.build / "bench" / name

    def python(self, script, *arguments):
        return [PYTHON, "-B", PEERS / script, *arguments]

    def node(self, script, *arguments):
        return ["node", PEERS / script, self.out_npm() / "node_modules", *arguments]

    def out_npm(self):
        return ROOT / "out" / "bench" / "npm"

    @functools.lru_cache(maxsize=None)
    def has_module(self, module):
        return subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode == 0

    def need_modules(self, *modules):
        """Raises Skipped where a peer's module is missing, or peers are not wanted."""
        if not self.with_peers:
            raise Skipped(NO_PEERS)
        for module in modules:
            if not self.has_module(module):
                raise Skipped(f"no Python module {module}; install {PACKAGES.get(module, module)}")

    def wanted(self, participants):
        """Those of {name: ...} that take part: all but the peers that were not asked for."""
        return {name: value for name, value in participants.items() if name.startswith(ALWAYS) or self.peer in name}

    def need_command(self, name):
        if subprocess.run(["sh", "-c", f"command -v {name}"], capture_output=True).returncode != 0:
            raise Skipped(f"no command {name}; install the package that has it (bench/setup does)")

    def need_onnx_runtime(self):
        if not self.with_peers:
            raise Skipped(NO_PEERS)
        self.need_command("node")
        if not (self.out_npm() / "node_modules" / "onnxruntime-node").is_dir():
            raise Skipped("no onnxruntime-node in out/bench/npm; run bench/setup")

    @functools.lru_cache(maxsize=None)
    def model(self):
        """A checkpoint folder of ViT-B/32's exact shape with generated weights."""
        name = "tiny" if self.smoke else "vitb32"
        folder = self.out / f"model-{name}"
        if not (folder / "model.safetensors").exists():
            subprocess.run([self.build / "tools" / "make_known_checkpoint", name, folder], check=True)
        return folder

    def side(self):
        return self.shape()["vision_config"]["image_size"]

    def shape(self):
        return json.loads((self.model() / "config.json").read_text())
