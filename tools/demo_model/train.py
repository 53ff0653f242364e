# SPDX-License-Identifier: MIT
"""Train the demo model on scenes drawn on the way: CLIP's loss, and losses on facts of the scenes that speed it up.

    train.py FOLDER [--pictures 440000] [--minutes 110] [--ranks 2] [--device cpu]

Stops at whichever comes first of the pictures and the minutes; the learning rate falls to zero by then. FOLDER/checkpoint.pt
is written every few minutes and training goes on from it. One process and one thread for each rank; gradients are averaged.
"""
import argparse
import math
import os
import pathlib
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
if "avx512f" in pathlib.Path("/proc/cpuinfo").read_text():
    os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")   # OpenBLAS 0.3.21 takes newer processors for SSE3 ones

import numpy as np
import torch
import torch.distributed as dist
from torch.nn import functional as F

import scenes
from caption_vocabulary import caption_vocabulary
from retrieval import quick_recall
from towers import Clip, pad_tokens, pictures_to_input

SEED = 20240
FACTS = {"object": len(scenes.OBJECTS) + 1, "words": len(scenes.WORDS) + 1, "combo": len(scenes.COMBOS) + 1,
         "count": 5, "place": len(scenes.PLACES)}
WEIGHTS = {"object": 1.0, "words": 1.0, "combo": 0.6, "count": 0.3, "place": 0.3, "letters": 100.0}
PEAK_RATE, WARM_UP = 1.3e-3, 0.02
RAMP = (0.38, 0.6)        # the progress between which reading grows hard


def _share(indexes, classes):
    """Equal parts for what is shown; the last class is "none"."""
    target = np.zeros(classes, np.float32)
    target[indexes if len(indexes) else [classes - 1]] = 1 / max(1, len(indexes))
    return target


class SceneBatches(torch.utils.data.IterableDataset):
    """Batches number `first`, `first` + 1, ... of a rank: the same for the same seed and progress."""

    def __init__(self, rank, first, size, progress):
        self.rank, self.first, self.size, self.progress = rank, first, size, progress

    def __iter__(self):
        torch.set_num_threads(1)
        vocabulary = caption_vocabulary()
        painter = scenes.Painter("training")
        worker = torch.utils.data.get_worker_info()          # several workers take turns, batch by batch
        number, turns = self.first + (worker.id if worker else 0), worker.num_workers if worker else 1
        while True:
            ramp = (float(self.progress) - RAMP[0]) / (RAMP[1] - RAMP[0])
            painter.difficulty = scenes.FINAL_DIFFICULTY * min(1.0, max(0.0, ramp))
            drawn = scenes.draw_batch(painter, np.random.default_rng([SEED, self.rank, number]), self.size)
            yield {
                "pictures": torch.from_numpy(np.stack([np.asarray(s.image) for s in drawn])),
                "tokens": pad_tokens([vocabulary.encode(s.caption) for s in drawn]),
                "object": torch.from_numpy(np.stack([_share(s.objects, FACTS["object"]) for s in drawn])),
                "words": torch.tensor([s.words if s.words >= 0 else FACTS["words"] - 1 for s in drawn]),
                "combo": torch.from_numpy(np.stack([_share(s.combos, FACTS["combo"]) for s in drawn])),
                "count": torch.tensor([s.count - 1 if s.count > 0 else -1 for s in drawn]),
                "place": torch.tensor([s.place for s in drawn]),
                "letters": torch.from_numpy(np.stack([s.letter_grid() for s in drawn])),
            }
            number += turns


def losses(model, batch):
    """{"clip": ..., "object": ..., ...} for a batch."""
    images, pooled, patches = model.vision(pictures_to_input(batch["pictures"]))
    texts = model.text(batch["tokens"])
    scale = model.logit_scale.clamp(max=math.log(100)).exp()
    logits = scale * F.normalize(images, dim=1) @ F.normalize(texts, dim=1).t()
    same = torch.arange(len(logits), device=logits.device)
    result = {"clip": (F.cross_entropy(logits, same) + F.cross_entropy(logits.t(), same)) / 2}
    for name, head in model.heads.items():
        if name in ("count", "place"):
            known = (batch[name] >= 0).sum().clamp(min=1)      # a batch may hold none
            result[name] = F.cross_entropy(head(pooled), batch[name], ignore_index=-1, reduction="sum") / known
        else:
            result[name] = F.cross_entropy(head(pooled), batch[name])
    letters = batch["letters"].flatten(1, 2).float()
    result["letters"] = F.binary_cross_entropy_with_logits(model.letters(patches), letters)
    return result


def learning_rate(progress):
    """Warm-up, then half a cosine to zero."""
    if progress < WARM_UP:
        return PEAK_RATE * (progress / WARM_UP * 0.98 + 0.02)
    return PEAK_RATE * 0.5 * (1 + math.cos(math.pi * min(1, (progress - WARM_UP) / (1 - WARM_UP))))


def new_model(vocabulary_size):
    """The model before training."""
    torch.manual_seed(SEED)
    model = Clip(vocabulary_size, scenes.SIZE, scenes.PATCH, FACTS)
    torch.nn.init.constant_(model.letters[1].bias, -4.5)
    return model


def new_optimizer(model):
    """AdamW; no decay for biases, norms and positions."""
    decayed = [p for name, p in model.named_parameters() if p.dim() > 1 and "position" not in name]
    others = [p for name, p in model.named_parameters() if not (p.dim() > 1 and "position" not in name)]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.98), eps=1e-6)


class Run:
    """One rank's part of a training run."""

    def __init__(self, rank, args):
        self.rank, self.args = rank, args
        self.folder = pathlib.Path(args.folder)
        self.model = new_model(len(caption_vocabulary().ids)).to(args.device)
        self.optimizer = new_optimizer(self.model)
        self.step, self.before, self.start = 0, 0.0, time.time()
        self.progress = torch.zeros(()).share_memory_()      # 0 to 1; the drawing processes see it
        self.checkpoint = self.folder / "checkpoint.pt"
        if self.checkpoint.is_file():
            kept = torch.load(self.checkpoint, map_location=args.device)
            self.model.load_state_dict(kept["model"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.step, self.before = kept["step"], kept["seconds"]
            self.progress.fill_(kept["progress"])
        self.saved = time.time()
        self.sums = {}

    def seconds(self):
        return self.before + time.time() - self.start

    def save(self):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step,
                 "progress": float(self.progress), "seconds": self.seconds()}
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.rename(self.checkpoint)
        self.saved = time.time()

    def average(self):
        """Average gradients and progress over the ranks."""
        done = max((self.step + 1) * self.args.batch * self.args.ranks / self.args.pictures,
                   self.seconds() / 60 / self.args.minutes)
        grads = [p.grad for p in self.model.parameters()]
        if self.args.ranks > 1:
            flat = torch.cat([g.reshape(-1) for g in grads] + [torch.tensor([done])])
            dist.all_reduce(flat)
            flat /= self.args.ranks
            for grad, part in zip(grads, flat[:-1].split([g.numel() for g in grads])):
                grad.copy_(part.view_as(grad))
            done = float(flat[-1])
        self.progress.fill_(done)

    def train_step(self, batch):
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(float(self.progress))
        parts = losses(self.model, {name: value.to(self.args.device) for name, value in batch.items()})
        fade = 1 - 0.7 * max(0.0, float(self.progress) - 0.6) / 0.4
        total = parts["clip"] + fade * sum(WEIGHTS[name] * value for name, value in parts.items() if name != "clip")
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.average()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        for name, value in parts.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value.detach())

    def report(self):
        pictures = self.step * self.args.batch * self.args.ranks
        line = " ".join(f"{name} {value / self.args.every:.3f}" for name, value in self.sums.items())
        print(f"{self.seconds():7.0f} s {pictures:8d} pictures {100 * float(self.progress):5.1f} %  {line}  "
              f"scale {float(self.model.logit_scale.exp()):.1f}", flush=True)
        self.sums = {}
        if self.step % (5 * self.args.every) == 0:
            print("          recall at 1 of 100: " + quick_recall(self.model, self.args.device), flush=True)

    def run(self):
        batches = SceneBatches(self.rank, self.step, self.args.batch, self.progress)
        data = torch.utils.data.DataLoader(batches, batch_size=None, num_workers=self.args.workers, prefetch_factor=4)
        for batch in data:
            if self.progress >= 1:
                break
            self.train_step(batch)
            if self.rank == 0 and self.step % self.args.every == 0:
                self.report()
            if self.rank == 0 and (time.time() - self.saved > 150 or self.progress >= 1):
                self.save()


def work(rank, args):
    """One rank from start to end."""
    torch.set_num_threads(1)
    if args.ranks > 1:
        dist.init_process_group("gloo", init_method=f"file://{args.meet}", rank=rank, world_size=args.ranks)
    Run(rank, args).run()
    if args.ranks > 1:
        dist.barrier()
        dist.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description="Train the demo model")
    parser.add_argument("folder")
    parser.add_argument("--pictures", type=int, default=440000)
    parser.add_argument("--minutes", type=float, default=110)
    parser.add_argument("--batch", type=int, default=80, help="pictures per rank and step")
    parser.add_argument("--ranks", type=int, default=0, help="processes; 0: one per core on a CPU, one on a GPU")
    parser.add_argument("--workers", type=int, default=1, help="drawing processes per rank")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--every", type=int, default=50, help="steps between reports")
    args = parser.parse_args()
    args.ranks = args.ranks or (1 if args.device == "cuda" else min(2, os.cpu_count() or 1))
    folder = pathlib.Path(args.folder)
    folder.mkdir(parents=True, exist_ok=True)
    args.meet = str(folder.resolve() / f"meet-{os.getpid()}")
    for which in ("training", "watched"):
        scenes.load_sprites(which)
    if args.ranks == 1:
        work(0, args)
    else:
        torch.multiprocessing.spawn(work, (args,), args.ranks)


if __name__ == "__main__":
    main()
