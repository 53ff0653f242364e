# SPDX-License-Identifier: MIT
"""Text-to-picture retrieval on fresh scenes: who finds the right picture among a hundred."""
import functools

import numpy as np
import torch
from torch.nn import functional as F

import scenes
from caption_vocabulary import caption_vocabulary
from towers import pad_tokens, pictures_to_input

KINDS = {             # kind: share of the scenes
    "object": 0.26, "object_count": 0.06, "object_place": 0.06, "object_pair": 0.06, "words": 0.3, "object_words": 0.04,
    "shape": 0.06, "shape_count": 0.06, "shape_place": 0.05, "shape_pair": 0.05,
}


@functools.lru_cache
def painter(which):
    """The one painter of a set of sprites."""
    return scenes.Painter(which)


@functools.lru_cache
def candidate_sets(which, seed, count):
    """`count` sets of 100 scenes; in a set no two scenes show the same, and no two captions are equal."""
    sets = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        chosen, captions = [], set()
        for scene in scenes.draw_batch(painter(which), rng, 130, KINDS):
            if scene.caption not in captions and len(chosen) < 100:
                captions.add(scene.caption)
                chosen.append(scene)
        sets.append(chosen)
    return sets


def embed_pictures(model, pictures, device="cpu"):
    """Normalised embeddings of PIL pictures of the model's input size."""
    with torch.no_grad():
        parts = [torch.from_numpy(np.stack([np.asarray(p) for p in pictures[k:k + 100]])) for k in range(0, len(pictures), 100)]
        return F.normalize(torch.cat([model.vision(pictures_to_input(part.to(device)))[0] for part in parts]), dim=1)


def embed_texts(model, texts, device="cpu"):
    """Normalised embeddings of texts."""
    vocabulary = caption_vocabulary()
    with torch.no_grad():
        return F.normalize(model.text(pad_tokens([vocabulary.encode(text) for text in texts]).to(device)), dim=1)


def ranks(model, candidates, device="cpu"):
    """For every scene: how many other pictures of the set fit its caption better than its own."""
    images = embed_pictures(model, [scene.image for scene in candidates], device)
    scores = embed_texts(model, [scene.caption for scene in candidates], device) @ images.t()
    return (scores > scores.diagonal()[:, None]).sum(dim=1).cpu().numpy()


def by_kind(model, sets, device="cpu"):
    """{kind: array of ranks}, with "all" for all."""
    result = {}
    for candidates in sets:
        for scene, rank in zip(candidates, ranks(model, candidates, device)):
            result.setdefault(scene.kind, []).append(rank)
            result.setdefault("all", []).append(rank)
    return {kind: np.array(values) for kind, values in result.items()}


def quick_recall(model, device="cpu"):
    """One line for the log: recall at 1 on 400 scenes in fonts that training does not see."""
    found = by_kind(model, candidate_sets("watched", 777, 4), device)
    return " ".join(f"{kind} {np.mean(found[kind] == 0):.2f}" for kind in ["all"] + list(KINDS) if kind in found)
