# SPDX-License-Identifier: MIT
"""Measure an exported model: text to picture on 1,000 fresh scenes, and the questions of the demo video.

    evaluate.py MODEL_FOLDER [--media examples/media] [--json OUT.json] [--seed 4242]

Scenes come in ten sets of 100 that show different things under different captions. Fonts, backgrounds and seeds are neither
those of training nor those of the checks meanwhile. The video's part takes the frame at each whole second, as the program does, and asks what queries.json holds.
"""
import argparse
import json
import pathlib
import subprocess

import numpy as np
from PIL import Image

import scenes
from exported import ExportedClip, normalised
from retrieval import candidate_sets, painter


def vectors(embed, items):
    """Normalised embeddings [items, dimensions]."""
    return np.stack([normalised(embed(item)) for item in items])


def recall_by_kind(model, sets):
    """{kind: [rank, ...]} with "all": how many other pictures of the set fit a caption better than its own."""
    found = {}
    for candidates in sets:
        scores = vectors(model.text, [s.caption for s in candidates]) @ vectors(model.picture, [s.image for s in candidates]).T
        for scene, row, own in zip(candidates, scores, scores.diagonal()):
            rank = int((row > own).sum())
            found.setdefault("all", []).append(rank)
            found.setdefault(scene.kind, []).append(rank)
    return found


def words_alone(seed, count):
    """Sets of 100 slides with different words."""
    sets = []
    for number in range(count):
        rng = np.random.default_rng([seed, 1, number])
        sets.append([painter("evaluation").draw(rng, "words", int(k)) for k in rng.choice(len(scenes.WORDS), 100, replace=False)])
    return sets


def table(found):
    """{kind: {scenes, recall_at_1, recall_at_5}}."""
    return {kind: {"scenes": len(ranks), "recall_at_1": round(float(np.mean(np.array(ranks) == 0)), 3),
                   "recall_at_5": round(float(np.mean(np.array(ranks) < 5)), 3)} for kind, ranks in found.items()}


def video_frames(file, width=640, height=360):
    """The frames on screen at 0, 1, 2, ... seconds."""
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-vf", "select='not(mod(n,25))'", "-vsync", "0", "-f", "rawvideo",
               "-pix_fmt", "rgb24", "-"]
    raw = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.uint8)
    return [Image.fromarray(frame) for frame in raw.reshape(-1, height, width, 3)]


def ask_video(model, media):
    """The share of text and image queries whose best frame lies in the right scene; the misses; the combined query."""
    queries = json.loads((media / "queries.json").read_text())
    listed = json.loads((media / "demo.scenes.json").read_text())
    frames = vectors(model.picture, video_frames(media / queries["video"]))
    scene_of = [next(s["scene"] for s in listed if s["start"] <= k < s["end"]) for k in range(len(frames))]
    result = {"misses": []}
    for part, vector in (("texts", lambda q: model.text(q["text"])),
                         ("images", lambda q: model.picture(Image.open(media / q["file"])))):
        right = 0
        for query in queries[part]:
            hit = scene_of[int((frames @ normalised(vector(query))).argmax())]
            right += hit == query["scene"]
            if hit != query["scene"]:
                result["misses"].append({**query, "found": hit})
        result[part] = f"{right} of {len(queries[part])}"
    both = queries["combined"]
    vector = (normalised(model.text(both["text"])) + normalised(model.picture(Image.open(media / both["image"])))) / 2
    result["combined_top_five"] = [scene_of[k] for k in np.argsort(-(frames @ vector))[:5]]
    result["combined_right"] = set(both["scenes"]) <= set(result["combined_top_five"])
    return result


def main():
    parser = argparse.ArgumentParser(description="Measure an exported model")
    parser.add_argument("model")
    parser.add_argument("--media")
    parser.add_argument("--json")
    parser.add_argument("--seed", type=int, default=4242)
    args = parser.parse_args()
    model = ExportedClip(args.model)
    result = {"scenes": table(recall_by_kind(model, candidate_sets("evaluation", args.seed, 10)))}
    result["words_alone"] = table(recall_by_kind(model, words_alone(args.seed, 3)))["words"]
    print(f"{'kind':14} scenes   R@1   R@5")
    for kind, row in list(result["scenes"].items()) + [("words alone", result["words_alone"])]:
        print(f"{kind:14} {row['scenes']:6} {row['recall_at_1']:5.3f} {row['recall_at_5']:5.3f}")
    if args.media:
        result["video"] = ask_video(model, pathlib.Path(args.media))
        print(json.dumps(result["video"], indent=1))
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
