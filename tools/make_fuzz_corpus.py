#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write fuzz/corpus: small good files of every kind that the fuzz targets read.

    make_fuzz_corpus.py fuzz/corpus

Needs PyTorch (Debian: python3-torch).
"""
import base64
import gzip
import json
import os
import pathlib
import shutil
import sqlite3
import struct
import sys
import zipfile

import torch

import embed_sql

# Of tests/pixels/data, which tests/pixels/make_expected.py makes.
STILLS = ("animated.gif animated.png animated.webp big.tif bits.bmp bits.pbm fax.tif interlaced.gif jpeg.tif lossless_alpha.webp "
          "lossy_alpha.webp palette.bmp palette.tif progressive.jpg rgb.jp2 rgb.ppm rgb.tif rgba_16bit.png tiled_planes.tif "
          "turned_5.webp turned_6.jpg turned_7.tif turned_8.png").split()
THUMBNAILS = "rgb_420.jpg rgb_444.jpg grey.jpg cmyk.jpg progressive.jpg".split()
PLAIN = [*range(33, 127), *range(161, 173), *range(174, 256)]


class Node(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def tensors():
    yield "visual.conv1.weight", torch.zeros(64, 3, 1, 1)
    yield "visual.positional_embedding", torch.zeros(5, 64).half()
    yield "ln_final.weight", torch.ones(64)
    yield "positions", torch.arange(3)


def write_safetensors(path):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    names = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64"}
    for name, tensor in tensors():
        raw = tensor.numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_lists(path):
    """As src/search/ivf/ivf_file.c lays it out; the target itself makes the checksums right."""
    dimensions, width, lists, rows = 3, 64, 2, 9
    runs = [(0, 2), (4, 3), (2, 2), (7, 2)]     # first row, rows: two of the first list, one of the second, one of none
    header = struct.pack("<8sIIQQIIIIQ16sQQ", b"RVLISTS1", 1, dimensions, rows, len(runs), lists, 0, 0, 0, 1, bytes(range(16)), 0, 0)
    parts = [struct.pack(f"<{lists * width}f", *[k / 64 for k in range(lists * width)]), struct.pack(f"<{lists}f", 0.5, 0.25),
             struct.pack(f"<{lists + 2}Q", 0, 2, 3, 4), b"".join(struct.pack("<IIQ", *run, 0) for run in runs)]
    data = header
    for part in parts:
        data += bytes(-len(data) % 64) + part
    with open(path, "wb") as file:
        file.write(data)


def write_codes(path):
    """Two segments as src/search/codes/code_file.c lays them out, without the gaps between their parts; the target makes lengths
    and checksums right."""
    dimensions, width, bytes_out = 3, 64, bytes([6])
    for number, (first, rows, dead) in enumerate([(1 << 32, 24, []), (3 << 32, 3, [((1 << 32) + 2, (1 << 32) + 5)])]):
        token = bytes([number + 1] * 16)
        bytes_out += struct.pack("<8sIIQQQ16s16sQQ", b"RVCODES1", 1, dimensions, rows, len(dead), 0, token, bytes(16), 0, 0)
        bytes_out += bytes((128 + (row * 37 + k * 11) % 255 - 127) % 256 for row in range(rows) for k in range(width))
        bytes_out += b"".join(struct.pack("<ff", 0.01, 0.02) for _ in range(rows)) + bytes(8)
        bytes_out += bytes((128 + (row * 37 + k * 11) % 255 - 127) % 256 for row in range(rows) for k in range(width))
        bytes_out += b"".join(struct.pack("<qdffQ", first + row + 1, row / 2, 0.001, 1.0, 0) for row in range(rows))
        bytes_out += b"".join(struct.pack("<qq", *keys) for keys in dead)
    with open(path, "wb") as file:
        file.write(bytes_out)


def write_library(path):
    """A library of one video, with the tables of src/store/sqlite/schema.sql, in small pages."""
    source = pathlib.Path(__file__).resolve().parent.parent / "src" / "store" / "sqlite" / "schema.sql"
    steps = embed_sql.read_steps(source.read_text())
    version = steps[-1][0]
    if os.path.exists(path):
        os.remove(path)
    library = sqlite3.connect(path, isolation_level=None)
    library.executescript(f"PRAGMA page_size = 512; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {0x52564543}; "
                          f"PRAGMA user_version = {version}")
    for _, _, statement in steps:
        library.execute(statement)
    library.execute("INSERT INTO library VALUES (1, 'frames', ?, '2020-01-01T00:00:00Z', 'ViT-T/8', ?, 8, 2, 1)", (version, "01" * 32))
    library.execute("INSERT INTO videos VALUES (1, '/a.mp4', 'sha256:00', 1, 1, 3.0, 64, 48, 25.0, 'h264', 'interval:1', "
                    "'complete', '', '2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z')")
    for number in range(1, 4):
        vector = struct.pack("<8f", *[1.0 if k == number else 0.0 for k in range(8)])
        library.execute("INSERT INTO frames VALUES (?, 1, ?, ?, ?)", ((1 << 32) + number, number, number - 1.0, vector))
        library.execute("INSERT INTO frame_pictures VALUES (1, ?, ?)", (number, b"picture %d" % number))
    library.execute("INSERT INTO library_notes VALUES ('model_path', '/models/t')")
    library.close()


def write_archives(folder):
    root = Node()
    for name, tensor in tensors():
        *parents, leaf = name.split(".")
        node = root
        for part in parents:
            if part not in node._modules:
                node.add_module(part, Node())
            node = node._modules[part]
        node.register_buffer(leaf, tensor)
    torch.jit.script(root).save(os.path.join(folder, "script.pt"))
    torch.save({"state_dict": root.state_dict()}, os.path.join(folder, "state.pt"))
    torch.save({"ema": root.state_dict(), "state_dict": root.state_dict()}, os.path.join(folder, "state4.pt"), pickle_protocol=4)
    with zipfile.ZipFile(os.path.join(folder, "script.pt")) as archive:
        with open(os.path.join(folder, "data.pkl"), "wb") as file:
            file.write(archive.read("script/data.pkl"))


def write_legacy(folder):
    """PyTorch's older format: pickles, then storages."""
    state, big = dict(tensors()), torch.arange(30).reshape(6, 5).float()
    views = {"turned": big.t(), "step": big[::2, ::2], "column": big[:, 1], "whole": torch.nn.Parameter(big), "names": {"a", "b"}}
    for name, value, protocol in (("state.bin", state, 2), ("state4.bin", state, 4), ("views.bin", views, 2)):
        torch.save(value, os.path.join(folder, name), _use_new_zipfile_serialization=False, pickle_protocol=protocol)


def write_zips(folder):
    moment = (1980, 1, 1, 0, 0, 0)
    for name, comment, force in (("stored.zip", b"", False), ("zip64.zip", b"", True), ("comment.zip", b"PK\5\6 a comment", False)):
        with zipfile.ZipFile(os.path.join(folder, name), "w", zipfile.ZIP_STORED) as archive:
            archive.comment = comment
            for entry, data, method in (("archive/data.pkl", b"\x80\2}.", zipfile.ZIP_STORED), ("archive/data/0", bytes(64), zipfile.ZIP_STORED),
                                        ("archive/packed", bytes(200), zipfile.ZIP_DEFLATED)):
                info = zipfile.ZipInfo(entry, moment)
                info.compress_type = method
                with archive.open(info, "w", force_zip64=force) as file:
                    file.write(data)


def write_configs(folder):
    tower = {"hidden_act": "gelu", "layer_norm_eps": 1e-5, "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 1}
    pictures = {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224}, "resample": 3,
                "do_resize": True, "do_center_crop": True, "do_rescale": False, "rescale_factor": 1 / 255, "do_normalize": True,
                "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
    files = {
        "config.json": {"model_type": "clip", "projection_dim": 96, "text_config_dict": None,
                        "vision_config": dict(tower, image_size=[224, 224], patch_size=32, num_channels=3),
                        "text_config": dict(tower, vocab_size=514, max_position_embeddings=77)},
        "preprocessor_config.json": pictures,
        "processor_config.json": dict(pictures, size=224, crop_size=224, feature_extractor_type="CLIPFeatureExtractor", do_pad=True),
        "siglip.json": {"model_type": "siglip",
                        "text_config": {"hidden_size": 128, "intermediate_size": 224, "num_attention_heads": 4, "num_hidden_layers": 2,
                                        "vocab_size": 256000, "projection_size": 144, "hidden_act": "gelu_pytorch_tanh", "max_position_embeddings": 64},
                        "vision_config": {"hidden_size": 144, "image_size": 165, "intermediate_size": 324, "num_attention_heads": 2,
                                          "num_hidden_layers": 3, "patch_size": 32, "vision_use_head": True}},
        "open_clip_config.json": {"model_cfg": {"embed_dim": 96, "quick_gelu": True, "custom_text": True,
                                                "vision_cfg": {"image_size": 64, "layers": 2, "width": 128, "head_width": 32, "patch_size": 16, "mlp_ratio": 2.5},
                                                "text_cfg": {"context_length": 77, "vocab_size": 514, "width": 64, "heads": 1, "layers": 2, "pool_type": "argmax"}},
                                  "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "interpolation": "bicubic", "resize_mode": "shortest"}},
        "open_clip_timm.json": {"model_cfg": {"embed_dim": 104, "custom_text": True,
                                              "vision_cfg": {"timm_model_name": "vit_base_patch16_clip_quickgelu_224", "timm_pool": "token", "timm_proj": None,
                                                             "image_size": 224, "timm_model_kwargs": {"img_size": 224, "patch_size": 16, "embed_dim": 128,
                                                                                                      "depth": 3, "num_heads": 2, "mlp_ratio": 4.0}},
                                              "text_cfg": {"vocab_size": 514, "width": 64, "heads": 1, "layers": 2, "no_causal_mask": True, "pad_id": 0}},
                                "preprocess_cfg": {"interpolation": "bilinear", "resize_mode": "longest", "fill_color": 0}},
        "open_clip_siglip.json": {"model_cfg": {"embed_dim": 144, "init_logit_bias": -10, "custom_text": True,
                                                "vision_cfg": {"image_size": 160, "timm_model_name": "vit_base_patch32_siglip_256",
                                                               "timm_model_pretrained": False, "timm_pool": "map", "timm_proj": "none",
                                                               "timm_model_kwargs": {"img_size": 160, "patch_size": 32, "embed_dim": 144, "depth": 3,
                                                                                     "num_heads": 2, "mlp_ratio": 2.25}},
                                                "text_cfg": {"context_length": 64, "vocab_size": 2000, "hf_tokenizer_name": "timm/ViT-B-32-SigLIP2-256",
                                                             "tokenizer_kwargs": {"clean": "canonicalize"}, "width": 128, "heads": 4, "layers": 2,
                                                             "mlp_ratio": 1.75, "no_causal_mask": True, "proj_bias": True, "pool_type": "last",
                                                             "norm_kwargs": {"eps": 1e-06}, "act_kwargs": {"approximate": "tanh"}}},
                                  "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "interpolation": "bicubic", "resize_mode": "squash"}},
        "open_clip_pe_core.json": {"model_cfg": {"embed_dim": 80, "custom_text": True,
                                                 "vision_cfg": {"timm_model_name": "vit_pe_core_base_patch16_224", "timm_model_pretrained": False,
                                                                "timm_pool": "map", "timm_proj": None, "image_size": 96,
                                                                "timm_model_kwargs": {"img_size": 96, "patch_size": 16, "embed_dim": 192, "depth": 3,
                                                                                      "num_heads": 3, "mlp_ratio": 2.5, "ref_feat_shape": [6, 6]}},
                                                 "text_cfg": {"context_length": 32, "vocab_size": 514, "width": 128, "heads": 2, "layers": 2}},
                                   "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "interpolation": "bilinear",
                                                      "resize_mode": "squash"}},
        "config_chinese_clip.json": {"model_type": "chinese_clip", "projection_dim": 80, "vision_config": dict(tower, image_size=96, patch_size=16),
                                     "text_config": dict(tower, vocab_size=514, max_position_embeddings=512, type_vocab_size=2, is_decoder=False,
                                                         position_embedding_type="absolute")},
        "open_clip_xlm_roberta.json": {"model_cfg": {"embed_dim": 112, "vision_cfg": {"image_size": 128, "layers": 2, "width": 128, "patch_size": 32},
                                                     "text_cfg": {"hf_model_name": "xlm-roberta-base", "hf_tokenizer_name": "xlm-roberta-base",
                                                                  "hf_pooler_type": "mean_pooler", "hf_proj_type": "mlp", "context_length": 77,
                                                                  "hf_model_config": {"hidden_size": 96, "num_hidden_layers": 2, "num_attention_heads": 3,
                                                                                      "intermediate_size": 200, "vocab_size": 1202}}},
                                       "preprocess_cfg": {"resize_mode": "squash"}},
    }
    for name, value in files.items():
        with open(os.path.join(folder, name), "w") as file:
            json.dump(value, file)


def write_vocabularies(folder):
    rest = [byte for byte in range(256) if byte not in PLAIN]
    symbols = [chr(byte) for byte in PLAIN] + [chr(256 + i) for i in range(len(rest))]
    words = symbols + [symbol + "</w>" for symbol in symbols] + ["ab", "<|startoftext|>", "<|endoftext|>"]
    numbers = {word: i for i, word in enumerate(words)}
    with open(os.path.join(folder, "vocab.json"), "w", encoding="utf-8") as file:
        json.dump(numbers, file, ensure_ascii=False)
    model = {"type": "BPE", "end_of_word_suffix": "</w>", "vocab": numbers, "merges": ["a b", ["a", "b"]]}
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as file:
        json.dump({"model": model}, file, ensure_ascii=False)
    with open(os.path.join(folder, "merges.txt"), "w") as file:
        file.write("#version: 0.2\na b\nb a\nab a</w>\n")
    with gzip.GzipFile(os.path.join(folder, "merges.txt.gz"), "wb", mtime=0) as file:
        file.write(b"title\na b\n&amp; &#x41;\n")


def write_texts(folder):
    texts = {
        "typed": "It\u2019s a \u201cred\u201d caf\u0065\u0301, \uff21\uff22\uff23 \uff76\uff9e \ufb01\u01c6 \u2126 \u0130\u03a3\u03a3\n",
        "references": "&eacute;&EACUTE; &amp;amp;lt; &#233;&#xe9; &notit; &#59; &#x80; <b>&rsquo;</b>\r\n&nGt;",
        "controls": "\x1b[1;31mred\x1b[0m\0\x7f\u0085\ufeff\u2028\u206a \x1c\u3000a photo of a <|startoftext|> cat's",
    }
    for name, text in texts.items():
        with open(os.path.join(folder, name + ".txt"), "wb") as file:
            file.write(text.encode())


def write_text_vocabulary(words):
    """Of the tokenizer that the target of texts uses: as many merges as it has words for."""
    write_vocabularies(words)
    for name in ("tokenizer.json", "merges.txt.gz"):
        os.remove(os.path.join(words, name))
    with open(os.path.join(words, "merges.txt"), "w") as file:
        file.write("#version: 0.2\na b\n")


def copy_pictures(folder, names):
    pictures = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "pixels", "data")
    for name in names:
        shutil.copyfile(os.path.join(pictures, name), os.path.join(folder, name))


def write_answer(path, kind, rows):
    """As fuzz_answers.c reads them: columns, kind, then values, each with its length; 255 is NULL."""
    data = bytes([len(rows[0]), kind])
    for value in (value for row in rows for value in row):
        data += b"\xff" if value is None else bytes([len(value)]) + value
    with open(path, "wb") as file:
        file.write(data)


def write_answers(folder):
    digest, video = b"0123456789abcdef" * 4, [b"1", b"/v.mp4", b"sha256:00", b"10", b"20", b"2.5", b"64", b"36", b"25",
                                              b"h264", b"interval:1", b"complete", b"", b"2"]
    numbers = [struct.pack(">q", 1), struct.pack(">q", 7), struct.pack(">d", 6.0),
               struct.pack(">hh2f", 2, 0, 0.6, 0.8)]
    write_answer(os.path.join(folder, "videos"), 0, [video, [b"2", *video[1:]]])
    write_answer(os.path.join(folder, "identity"), 1, [[b"ViT-T/8", digest, b"8", b"1", b"1"]])
    write_answer(os.path.join(folder, "unclaimed"), 1, [[None, None, None, None, None]])
    write_answer(os.path.join(folder, "library"), 2, [[b"frames", b"1"]])
    write_answer(os.path.join(folder, "job"), 3, [[b"1", b"0", b"0", b"/v.mp4", b"host:1"]])
    write_answer(os.path.join(folder, "frames.postgres"), 4, [numbers])
    write_answer(os.path.join(folder, "frames.mysql"), 4, [[b"1", b"7", b"6", struct.pack("<2f", 0.6, 0.8)]])


def write_addresses(folder):
    addresses = {"mariadb": "mariadb://user:secret%40word@db.example:3307/videos?tls=verify&answer_timeout=30",
                 "postgresql": "postgresql://user:secretword@[::1]:5432/videos?sslmode=require&options=-csearch_path%3Dx",
                 "plain": "mariadb://user:se?cret/wo@rd@host/videos", "slip": "mariadb:user:secretword@host/videos"}
    for name, address in addresses.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(address)


def write_fetched(folder):
    sha256, commit = "0123456789abcdef" * 4, "0123456789abcdef0123" * 2
    with open(os.path.join(folder, "record"), "w") as file:
        file.write(f"# What came.\ncommit owner/model {commit}\nfile config.json {sha256} 12 git\n"
                   f"file model.safetensors {sha256} 1500800904 server\nfile vocab.txt {sha256} 109540 known\n")
    with open(os.path.join(folder, "answer"), "wb") as file:
        file.write(f"HTTP/1.1 302 Found\r\nX-Repo-Commit: {commit}\r\nX-Linked-Size: 1500800904\r\n"
                   f"X-Linked-ETag: \"{sha256}\"\r\nLocation: /content\r\n\r\nHTTP/1.1 206 Partial Content\r\n"
                   f"Content-Range: bytes 12-99/100\r\nETag: W/\"{commit}\"\r\n\r\n".encode())


def write_moments(folder):
    lists = {
        "lines.json": '{"query": "a dog", "rank": 1, "video": "/v/a.mp4", "frame_number": 8, "time": 7.0, "score": 0.5, '
                      '"start": 5.0, "end": 9.5}\n{"rank": 2, "video": "/v/b.mp4", "time": 1, "score": -0.25}\n',
        "array.json": '[{"video":"a\\nb","start":"1:02.5","end":"0:01:03"},{"file":"c","at":3,"name":"\\ud83d\\ude80"}]\n',
        "parts.json": '{"video":"a","moments":[{"start":1,"duration":2},{"score":1,"parts":[{"start":4,"end":5,"time":4.5},'
                      '{"start":9,"end":12}]}]}',
        "search.csv": 'rank,video,frame_number,time,score,start,end\r\n1,/v/a.mp4,8,7,0.5,5,9.5\r\n'
                      '2,"/v/b, ""c"".mp4",1,0,-0.25,0,1\r\n',
        "plain.csv": '1,2,one\n3,0:00:04.5,"two\nlines"\n',
        "semicolons.csv": "video;start;end\n\n a ; 1 ; 2 \n",
        "rate": "30000/1001"}
    for name, text in lists.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(text.encode())


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def field(number, value):
    """A field of a protocol buffer: bytes, a float or an integer."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    return varint(number << 3) + varint(value)


def charsmap():
    """A double array that maps TAB to a space: its root, the unit of TAB and the unit of the value."""
    units, texts = [0] * 1024, b"fi\0 \0"
    units[0] = 256 << 10
    units[256 ^ 9] = 9 | 1 << 8 | (256 ^ 9 ^ 512) << 10
    units[512] = 3 | 1 << 31
    return struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + texts


def write_pieces(folder):
    """Vocabularies of 270 to 300 pieces, as many as the target's model has, in every form that is read."""
    raw = [f"<0x{byte:02X}>" for byte in range(256)]
    letters = list("abc\u2581") + ["ab", "bc", "abc", "\u2581a", "\u4e2d", "fi"]
    names = ["<pad>", "<eos>", "<bos>", "<unk>"] + raw + letters + [f"x{i}" for i in range(20)]
    numbers = {name: number for number, name in enumerate(names)}
    added = [{"id": 1, "content": "<eos>", "special": True, "normalized": False}]
    model = {"type": "BPE", "unk_token": "<unk>", "byte_fallback": True, "vocab": numbers, "merges": ["a b", "b c", "a bc", "ab c", "\u2581 a"]}
    normalizer = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
    bpe = {"added_tokens": added, "normalizer": normalizer, "pre_tokenizer": None, "model": model}
    with open(os.path.join(folder, "bpe.json"), "w") as file:
        json.dump(bpe, file, ensure_ascii=False)
    model = {"type": "Unigram", "unk_id": 3, "vocab": [[name, -0.5 * len(name) - 1] for name in names]}
    steps = [{"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap()).decode()},
             {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}, {"type": "Lowercase"}]
    unigram = {"added_tokens": added, "normalizer": {"type": "Sequence", "normalizers": steps},
               "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"}, "model": model}
    with open(os.path.join(folder, "unigram.json"), "w") as file:
        json.dump(unigram, file, indent=1)
    for kind, name in ((2, "bpe.model"), (1, "unigram.model")):
        with open(os.path.join(folder, name), "wb") as file:
            for number, piece in enumerate(names):
                sort = 3 if number < 3 else 2 if number == 3 else 6 if piece in raw else 4 if piece == "x1" else 1
                file.write(field(1, field(1, piece.encode()) + field(2, -float(number)) + field(3, sort)))
            file.write(field(2, field(3, kind) + field(35, 1)) + field(3, field(2, charsmap()) + field(3, kind % 2)))
    with open(os.path.join(folder, "vocab.txt"), "w") as file:
        file.write("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "\u4e2d"] + raw + ["\u2028"] + [f"##x{i}" for i in range(20)]))


def main():
    folder = sys.argv[1]
    for name in ("addresses", "answers", "checkpoint", "codes", "config", "fetched", "legacy", "library", "lists", "moments", "pieces", "still",
                 "text", "text_vocabulary", "thumbnail", "vocabulary", "zip"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    write_safetensors(os.path.join(folder, "checkpoint", "small.safetensors"))
    write_archives(os.path.join(folder, "checkpoint"))
    write_configs(os.path.join(folder, "config"))
    write_legacy(os.path.join(folder, "legacy"))
    write_zips(os.path.join(folder, "zip"))
    write_vocabularies(os.path.join(folder, "vocabulary"))
    write_texts(os.path.join(folder, "text"))
    write_text_vocabulary(os.path.join(folder, "text_vocabulary"))
    write_pieces(os.path.join(folder, "pieces"))
    copy_pictures(os.path.join(folder, "still"), STILLS)
    copy_pictures(os.path.join(folder, "thumbnail"), THUMBNAILS)
    write_answers(os.path.join(folder, "answers"))
    write_addresses(os.path.join(folder, "addresses"))
    write_fetched(os.path.join(folder, "fetched"))
    write_moments(os.path.join(folder, "moments"))
    write_lists(os.path.join(folder, "lists", "two.lists"))
    write_codes(os.path.join(folder, "codes", "two.codes"))
    write_library(os.path.join(folder, "library", "small.db"))


if __name__ == "__main__":
    main()
