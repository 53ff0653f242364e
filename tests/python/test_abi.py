# SPDX-License-Identifier: MIT
"""The structs of python/reelvec/_native.py are those of the headers: a C program prints sizes and offsets."""
import ctypes
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("REELVEC_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "python"))

from reelvec import _native, errors, indexing, library, model, query  # noqa: E402

STRUCTS = {name: kind for name, kind in vars(_native).items()
           if isinstance(kind, type) and issubclass(kind, ctypes.Structure) and name.startswith("Rv")}


def run_c(body):
    """What a C program with this body of main prints, line by line."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, "abi.c"), pathlib.Path(folder, "abi")
        source.write_text("#include <stddef.h>\n#include <stdio.h>\n#include \"reelvec/reelvec.h\"\n"
                          f"int main(void)\n{{\n{body}\nreturn 0;\n}}\n")
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", f"-I{SOURCE / 'include'}", str(source), "-o", str(program)],
                       check=True)
        return subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout.splitlines()


class AbiTest(unittest.TestCase):
    def test_structs_are_those_of_the_headers(self):
        self.assertGreater(len(STRUCTS), 20)
        lines, expected = [], []
        for name, kind in STRUCTS.items():
            lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
            expected.append(f"{name} {ctypes.sizeof(kind)}")
            for field, *_ in kind._fields_:
                lines.append(f'printf("{name}.{field} %zu %zu\\n", offsetof({name}, {field}), '
                             f'sizeof((({name} *)0)->{field}));')
                entry = getattr(kind, field)
                expected.append(f"{name}.{field} {entry.offset} {entry.size}")
        self.assertEqual(run_c("\n".join(lines)), expected)

    def test_structs_lack_no_field_of_the_headers(self):
        headers = "\n".join(path.read_text() for path in sorted((SOURCE / "include/reelvec").glob("*.h")))
        headers = re.sub(r"/\*.*?\*/", "", headers, flags=re.S)
        for name, kind in STRUCTS.items():
            body = re.search(r"typedef struct " + name + r" \{(.*?)\} " + name + ";", headers, re.S)
            self.assertIsNotNone(body, name)
            members = re.sub(r"\(\*(\w+)\)\s*\([^;]*\)", r" \1", body.group(1))  # pointers to functions
            found = [re.search(r"(\w+)\s*(\[[^]]*\])?$", part.strip()).group(1)
                     for declaration in members.split(";") for part in declaration.split(",") if part.strip()]
            self.assertEqual(found, [field for field, *_ in kind._fields_], name)

    def test_enumerations_are_those_of_the_headers(self):
        wanted = {f"RV_ERROR_{name}": kind.status for name, kind in {
            "ARGUMENT": errors.ArgumentError, "NOT_FOUND": errors.NotFoundError, "IO": errors.InputOutputError,
            "FORMAT": errors.FormatError, "UNSUPPORTED": errors.UnsupportedError, "MISMATCH": errors.MismatchError,
            "NETWORK": errors.NetworkError, "MEMORY": errors.OutOfMemoryError, "BUSY": errors.BusyError,
            "CANCELLED": errors.CancelledError, "INTERNAL": errors.InternalError}.items()}
        wanted.update({"RV_SAMPLING_INTERVAL": library.INTERVAL, "RV_SAMPLING_KEYFRAMES": library.KEYFRAMES,
                       "RV_SAMPLING_SCENES": library.SCENES, "RV_TERM_TEXT": query._TEXT, "RV_TERM_IMAGE": query._IMAGE,
                       "RV_TERM_FRAME": query._FRAME, "RV_TERM_VECTOR": query._VECTOR,
                       "RV_FUSION_MEAN": query.FUSIONS["mean"], "RV_FUSION_ZSCORE": query.FUSIONS["zscore"],
                       "RV_FUSION_RRF": query.FUSIONS["rrf"], "RV_SCAN_AUTO": query.SCANS["auto"],
                       "RV_SCAN_EXACT": query.SCANS["exact"], "RV_SCAN_APPROXIMATE": query.SCANS["approximate"],
                       "RV_PRECISION_AUTO": model.PRECISIONS["auto"], "RV_PRECISION_FAST": model.PRECISIONS["fast"],
                       "RV_PRECISION_FLOAT32": model.PRECISIONS["float32"], "RV_INDEXED": indexing.OUTCOMES.index("indexed"),
                       "RV_INDEX_UNCHANGED": indexing.OUTCOMES.index("unchanged"),
                       "RV_INDEX_RENAMED": indexing.OUTCOMES.index("renamed"),
                       "RV_INDEX_DUPLICATE": indexing.OUTCOMES.index("duplicate"),
                       "RV_INDEX_SKIPPED_FAILED": indexing.OUTCOMES.index("failed before"),
                       "RV_INDEX_ELSEWHERE": indexing.OUTCOMES.index("left to another process"),
                       "RV_NEXT_VIDEO": indexing.VIDEO, "RV_NEXT_END": indexing.END,
                       "RV_NAMED_PATH": library.PATH, "RV_NAMED_FILE": library.FILE, "RV_NAMED_ENDING": library.ENDING,
                       "RV_NAMED_PATTERN": library.PATTERN, "RV_THREADS_MAX": _native.THREADS_MAX,
                       "RV_INDEX_BATCH_MAX": _native.BATCH_MAX, "RV_INDEX_JOBS_MAX": _native.JOBS_MAX,
                       "RV_OPEN_WRITE": _native.OPEN_WRITE, "RV_OPEN_CREATE": _native.OPEN_CREATE,
                       "RV_OPEN_READ": _native.OPEN_READ, "RV_LENGTH_ONE": _native.LENGTH_ONE,
                       "RV_LENGTH_MODEL": _native.LENGTH_MODEL,
                       "RV_LOG_ERROR": 0, "RV_LOG_WARNING": 1, "RV_LOG_INFO": 2, "RV_LOG_DEBUG": 3,
                       "RV_ERROR_MESSAGE_SIZE": 1024, "RV_ERROR_SUBJECT_SIZE": 128, "RV_HINT_NONE": 0,
                       "REELVEC_API_VERSION": _native.API_VERSION})
        wanted.update({f"RV_HINT_{name}": number for number, name in enumerate(errors.HINTS, 1)})
        lines = run_c("\n".join(f'printf("{name} %d\\n", (int){name});' for name in wanted))
        self.assertEqual(lines, [f"{name} {value}" for name, value in wanted.items()])
        self.assertEqual(sorted(errors.BY_STATUS), list(range(1, 12)))

    def test_every_hint_has_words(self):
        header = (SOURCE / "include/reelvec/status.h").read_text()
        names = re.findall(r"^ *RV_HINT_(\w+)", header, re.M)
        self.assertEqual(names, ["NONE", *errors.HINTS])
        self.assertEqual(errors.words_of_hint(names.index("MODEL_FETCH"), "ViT-B/32"),
                         "; fetch it with `reelvec model fetch ViT-B/32`")
        self.assertEqual([errors.words_of_hint(number, "x") for number in (-1, 0, len(names))], ["", "", ""])

    def test_functions_have_the_headers_number_of_arguments(self):
        headers = "\n".join(path.read_text() for path in sorted((SOURCE / "include/reelvec").glob("*.h")))
        for name, (_, arguments) in _native.FUNCTIONS.items():
            declaration = re.search(r"\b" + name + r"\(((?:[^()]|\([^()]*\))*)\);", headers)
            self.assertIsNotNone(declaration, name)
            text = re.sub(r"\([^()]*\)", "", declaration.group(1))
            count = 0 if text.strip() == "void" else text.count(",") + 1
            self.assertEqual(count, len(arguments), name)


if __name__ == "__main__":
    unittest.main()
