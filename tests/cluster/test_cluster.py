# SPDX-License-Identifier: MIT
"""The program on a real cluster of the extension Citus, beside the same commands on an SQLite file: searches, copies,
removals, several processes that index at once, a killed one, another model.

REELVEC_TEST_CITUS is the URI of a database on the coordinator (docs/stores.md says how to start a cluster). Each library
is a schema of its own there, which is dropped afterwards.
"""
import contextlib
import ctypes
import ctypes.util
import json
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import time
import unittest

from whole_runs import CHECKPOINT, PROGRAM, SECONDS, ScratchTest, run

SOURCE = pathlib.Path(os.environ["REELVEC_SOURCE"])
MEDIA = SOURCE / "examples/media"
CLUSTER = os.environ.get("REELVEC_TEST_CITUS")
PARTS = 20  # videos cut out of the demo's
SAMPLING = ("--every", "0.4")
LEASE = ("--lease", "10")  # longer than a busy machine lets a worker wait


def plain_queries():
    """48 texts and pictures, as lines of the standard input of `search`."""
    texts = [text["text"] for text in json.loads((MEDIA / "queries.json").read_text())["texts"]]
    return texts + [f"image:{picture}" for picture in sorted(MEDIA.glob("*.png"))]


def other_queries():
    """18 more, as arguments."""
    owl, castle = MEDIA / "query-owl.png", MEDIA / "query-castle.png"
    return (
        ("pizza", "--image", owl),
        ("--text", "2:an owl", "--image", f"0.3:{castle}"),
        ("--text", "0.5:a rocket", "--text", "1.5:a plane"),
        ("a rocket", "--not", "a plane"),
        ("--image", owl, "--not", "0.5:an image of an owl"),
        ("--like", "a-demo.mp4@12.4"),
        ("--like", "0.5:part03.mp4@0.8", "--text", "a red circle"),
        ("four apples", "--top", "50"),
        ("four apples", "--top", "400"),
        ("a cat", "--video", "part0*", "--top", "30"),
        ("a cat", "--video", "part07.mp4", "--top", "30"),
        ("the coffee break slide", "--after", "40", "--top", "20"),
        ("the coffee break slide", "--after", "1.5", "--before", "2.25", "--top", "40"),
        ("a yellow box and a violet ring", "--min-score", "0.4", "--top", "100"),
        ("a winner's cup", "--moments", "--top", "10"),
        ("a slide with words", "--moments", "--pad", "1.5", "--top", "60"),
        ("a rocket", "a spaceship", "--image", castle, "--fusion", "zscore", "--top", "30"),
        ("a rocket", "a spaceship", "--image", castle, "--fusion", "rrf", "--top", "30"),
    )


class Coordinator:
    """One connection, by the library that the program uses too."""

    def __init__(self, uri):
        self.pq = ctypes.CDLL(ctypes.util.find_library("pq"))
        for name, result, arguments in (
                ("PQconnectdb", ctypes.c_void_p, (ctypes.c_char_p,)), ("PQfinish", None, (ctypes.c_void_p,)),
                ("PQexec", ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_char_p)), ("PQclear", None, (ctypes.c_void_p,)),
                ("PQerrorMessage", ctypes.c_char_p, (ctypes.c_void_p,)),
                ("PQresultStatus", ctypes.c_int, (ctypes.c_void_p,)), ("PQntuples", ctypes.c_int, (ctypes.c_void_p,)),
                ("PQgetvalue", ctypes.c_char_p, (ctypes.c_void_p, ctypes.c_int, ctypes.c_int))):
            function = getattr(self.pq, name)
            function.restype, function.argtypes = result, arguments
        self.connection = self.pq.PQconnectdb(uri.encode())
        self.column("SET client_min_messages TO warning")

    def column(self, sql):
        """The first column of the answer."""
        answer = self.pq.PQexec(self.connection, sql.encode())
        done = self.pq.PQresultStatus(answer) in (1, 2)  # PGRES_COMMAND_OK, PGRES_TUPLES_OK
        values = [self.pq.PQgetvalue(answer, row, 0).decode() for row in range(self.pq.PQntuples(answer))] if done else []
        self.pq.PQclear(answer)
        if not done:
            raise AssertionError(f"{sql}: {self.pq.PQerrorMessage(self.connection).decode()}")
        return values

    def close(self):
        self.pq.PQfinish(self.connection)


def rows(path):
    """All that a library file holds of each video, but for times of the clock and numbers that are given in order."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        videos = database.execute(
            "SELECT video_id, path, content_key, size_bytes, modified_ns, duration, width, height, frame_rate, codec, "
            "sampling, state, error FROM videos ORDER BY path").fetchall()
        return {video[1]: (video[2:], database.execute(
            "SELECT frame_number, time, embedding_data, frame_data FROM frames LEFT JOIN frame_pictures "
            "USING (video_id, frame_number) WHERE video_id = ? ORDER BY frame_number", video[:1]).fetchall())
            for video in videos}


@unittest.skipUnless(CLUSTER, "REELVEC_TEST_CITUS is not set: a database on the coordinator of a Citus cluster "
                              "(see docs/stores.md)")
class Cluster(ScratchTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.schemas = []
        cls.environment = {name: value for name, value in os.environ.items() if not name.startswith("REELVEC_")}
        cls.environment.update(REELVEC_MODEL=str(SOURCE / "models/demo"), REELVEC_DEVICE="cpu", HOME=str(cls.folder))
        cls.server = Coordinator(CLUSTER)
        cls.addClassCleanup(cls.server.close)
        if cls.server.column("SELECT 1 WHERE to_regclass('public.library') IS NOT NULL"):
            raise AssertionError("the database that REELVEC_TEST_CITUS names holds a library already; name another one")
        if not cls.server.column("SELECT 1 FROM pg_extension WHERE extname = 'vector'"):
            cls.server.column("CREATE EXTENSION vector SCHEMA public")  # the first library would take it along
        cls.videos = cls.folder / "videos"
        cls.videos.mkdir()
        # The longest comes first, so that the worker which begins with it can be killed in its middle.
        shutil.copy(MEDIA / "demo.mp4", cls.videos / "a-demo.mp4")
        run("ffmpeg", "-v", "error", "-t", str(3 * PARTS), "-i", MEDIA / "demo.mp4", "-c", "copy", "-f", "segment",
            "-segment_time", "3", "-reset_timestamps", "1", cls.videos / "part%02d.mp4")
        for pattern in ("mandelbrot", "testsrc2"):
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"{pattern}=s=320x180:r=10", "-t", "4", "-c:v", "mpeg4",
                cls.videos / f"{pattern}.mkv")
        cls.file = cls.folder / "reference.db"
        cls.good("index", *SAMPLING, "--library", cls.file, cls.videos)
        cls.rows = rows(cls.file)
        cls.cluster = cls.library("searched")
        cls.good("index", *SAMPLING, "--library", cls.cluster, cls.videos)

    @classmethod
    def library(cls, name):
        """The URI of a new one on the cluster."""
        schema = f"reelvec_{os.getpid()}_{name}"
        cls.server.column(f"CREATE SCHEMA {schema}")
        cls.schemas.append(schema)
        cls.addClassCleanup(cls.server.column, f"DROP SCHEMA {schema} CASCADE")
        return f"{CLUSTER}{'&' if '?' in CLUSTER else '?'}options=-csearch_path%3D{schema}%2Cpublic"

    @classmethod
    def start(cls, *arguments):
        return subprocess.Popen([PROGRAM, *map(str, arguments)], env=cls.environment, cwd=cls.folder, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @classmethod
    def good(cls, *arguments, text=""):
        """What a run prints that has to go well."""
        return cls.ends([cls.start(*arguments)], text)[0][0]

    @classmethod
    def ends(cls, processes, text=""):
        """What each of several runs printed on both its outputs. All have to go well."""
        try:
            texts = [process.communicate(text, timeout=SECONDS) for process in processes]
        finally:
            for process in processes:
                process.kill()
        for process, (output, errors) in zip(processes, texts):
            if process.returncode != 0:
                raise AssertionError(f"{' '.join(process.args)}: {process.returncode}: {errors}{output}")
        return texts

    def check_rows(self, uri, wanted):
        """The library, copied into a file, holds those rows, and verifies."""
        copy = self.folder / f"{self.id()}-copy.db"
        self.good("export", "--library", uri, "--to", copy)
        held = rows(copy)
        copy.unlink()
        self.assertEqual(held.keys(), wanted.keys())
        for path, video in wanted.items():
            self.assertEqual(held[path], video, path)
        self.good("verify", "--library", uri)

    def check_searches(self, *more):
        """Every hit of 66 queries is the file's, with nine digits of its score."""
        words = ("search", "--format", "json", *more)
        lines = "\n".join(plain_queries()) + "\n"
        self.assertEqual(len(plain_queries()) + len(other_queries()), 66)
        file, cluster = (self.good(*words, "--library", uri, text=lines) for uri in (self.file, self.cluster))
        self.assertEqual(len(file.splitlines()), 5 * len(plain_queries()))
        self.assertEqual(cluster.splitlines(), file.splitlines())
        for query in other_queries():
            file, cluster = (self.good(*words, *query, "--library", uri) for uri in (self.file, self.cluster))
            self.assertTrue(file, query)
            self.assertEqual(cluster.splitlines(), file.splitlines(), query)

    def test_searches_are_those_of_a_file(self):
        self.check_searches()

    def test_exact_is_exact_beside_an_approximate_index(self):
        self.addCleanup(self.good, "ann", "drop", "--library", self.cluster)  # also if a search differs
        self.good("ann", "build", "--library", self.cluster, "--kind", "hnsw")
        self.check_searches("--exact")
        self.assertTrue(self.good("search", "--ann", "--library", self.cluster, "a cat"))

    def test_tables_are_spread_by_video(self):
        """Both tables of rows over all workers, the others on every node; in every shard as the schema says."""
        kinds = self.server.column(
            "SELECT string_agg(table_name || ' ' || citus_table_type || ' ' || distribution_column, ', ' ORDER BY "
            f"table_name::text COLLATE \"C\") FROM citus_tables WHERE table_name::text LIKE '{self.schemas[0]}.%'")
        self.assertEqual(kinds[0].replace(self.schemas[0] + ".", ""),
                         "frame_pictures distributed video_id, frames distributed video_id, library reference <none>, "
                         "videos reference <none>")
        columns = self.server.column(
            f"SELECT DISTINCT result FROM run_command_on_shards('{self.schemas[0]}.frames', $$SELECT "
            "format_type(atttypid, atttypmod) || ' ' || attstorage::text FROM pg_attribute WHERE attrelid = '%s'::regclass "
            "AND attname = 'embedding_data'$$)")
        self.assertEqual([column.split(".")[-1] for column in columns], ["vector(512) p"])
        nodes = self.server.column(
            "SELECT DISTINCT nodename || ':' || nodeport FROM citus_shards WHERE shard_size > 0 "
            f"AND table_name = '{self.schemas[0]}.frames'::regclass")
        workers = self.server.column("SELECT nodename || ':' || nodeport FROM pg_dist_node WHERE shouldhaveshards")
        self.assertEqual(sorted(nodes), sorted(workers))

    @contextlib.contextmanager
    def worker_away(self):
        """One worker is not in use, in this database alone. Gives the names of its videos, of those of the others."""
        victim = "groupid = (SELECT max(groupid) FROM pg_dist_node WHERE groupid <> 0 AND noderole = 'primary')"
        videos = {
            way: self.server.column(
                f"SELECT path FROM {self.schemas[0]}.videos JOIN pg_dist_placement ON shardid = "
                f"get_shard_id_for_distribution_column('{self.schemas[0]}.frames', video_id) WHERE {way} ({victim})")
            for way in ("", "NOT")}
        self.server.column(f"UPDATE pg_dist_node SET isactive = false WHERE {victim}")
        try:
            yield videos[""], videos["NOT"]
        finally:
            self.server.column(f"UPDATE pg_dist_node SET isactive = true WHERE {victim}")

    def test_a_search_of_the_rest_says_so_by_its_status(self):
        def search(*more, text=""):
            process = self.start("search", "--partial", "--top", "400", "--library", self.cluster, *more)
            output, errors = process.communicate(text, timeout=SECONDS)
            return process.returncode, output, errors

        self.assertEqual(search("a cat")[0], 0)
        with self.worker_away() as (silent, others):
            status, output, errors = search("a cat")
            self.assertEqual(status, 3, errors)
            self.assertIn(f"does not answer: {len(silent)} of {len(silent) + len(others)} videos cannot be", errors)
            self.assertFalse([path for path in silent if path in output])
            self.assertEqual(search("-q", "a cat"), (3, output, ""))
            self.assertEqual(search("-q", "--format", "json", text="a cat\na dog\n")[0], 3)
            # What does not match is not missed.
            status, output, errors = search("--video", others[0], "a cat")
            self.assertEqual((status, errors), (0, ""))
            status, output, errors = search("--video", silent[0], "a cat")
            self.assertEqual((status, output), (1, ""), errors)

    def test_a_worker_that_hangs_is_not_waited_for_longer_than_the_search_may_take(self):
        """Its port is that of a socket which takes connections, and never says a word."""
        node = "(SELECT max(nodeid) FROM pg_dist_node WHERE groupid <> 0 AND noderole = 'primary')"
        host, port = self.server.column(f"SELECT nodename || ' ' || nodeport FROM pg_dist_node WHERE nodeid = {node}")[0].split()
        with contextlib.closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as silent:
            self.server.column(f"UPDATE pg_dist_node SET nodename = '127.0.0.1', nodeport = {silent.getsockname()[1]} "
                               f"WHERE nodeid = {node}")
            try:
                for words, wanted in (((), 1), (("--partial",), 3)):
                    start = time.monotonic()
                    process = self.start("search", "--timeout", "6", *words, "--library", self.cluster, "a cat")
                    output, errors = process.communicate(timeout=SECONDS)
                    self.assertLess(time.monotonic() - start, 20)  # 30 s without
                    self.assertEqual((process.returncode, bool(output)), (wanted, wanted == 3), errors)
                    self.assertIn(f"the worker 127.0.0.1:{silent.getsockname()[1]} ", errors)
            finally:
                self.server.column(f"UPDATE pg_dist_node SET nodename = '{host}', nodeport = {port} WHERE nodeid = {node}")

    def test_rows_are_those_of_a_file(self):
        self.check_rows(self.cluster, self.rows)
        for words in (("list", "--format", "json"), ("export", "--format", "csv", "--embeddings", "base64")):
            self.assertEqual(self.good(*words, "--library", self.cluster), self.good(*words, "--library", self.file))

    def test_copies_hold_the_same_rows(self):
        exported, imported = self.library("exported"), self.library("imported")
        self.good("export", "--library", self.file, "--to", exported)
        self.check_rows(exported, self.rows)
        back = self.folder / "back.db"
        self.good("import", "--library", back, exported)
        self.assertEqual(rows(back), self.rows)
        self.good("import", "--library", imported, back)
        self.check_rows(imported, self.rows)

    def test_videos_are_removed_and_indexed_again(self):
        uri = self.library("removed")
        self.good("export", "--library", self.file, "--to", uri)
        self.good("remove", "--library", uri, "--glob", "part1*", "a-demo.mp4")
        self.check_rows(uri, {path: video for path, video in self.rows.items() if "part1" not in path and "demo" not in path})
        self.good("index", *SAMPLING, "--library", uri, self.videos)
        self.check_rows(uri, self.rows)
        self.good("index", *SAMPLING, "--force", "--library", uri, self.videos / "part03.mp4")
        self.check_rows(uri, self.rows)

    def test_shards_of_the_list_are_indexed_at_once(self):
        uri = self.library("shards")
        self.ends([self.start("index", *SAMPLING, "--shard", f"{part}/3", "--library", uri, self.videos)
                   for part in (1, 2, 3)])
        self.check_rows(uri, self.rows)

    def wait_for_a_half_video(self, schema):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(AssertionError):  # the tables are not there yet
                if self.server.column(f"SELECT 1 FROM {schema}.videos JOIN {schema}.frames USING (video_id) "
                                      "WHERE state = 'indexing' LIMIT 1"):
                    return
            time.sleep(0.02)
        self.fail("no worker has begun a video")

    def test_a_killed_worker_of_the_list_is_replaced(self):
        uri = self.library("queue")
        words = ("index", "--queue", *SAMPLING, *LEASE, "--jobs", "1", "--library", uri, self.videos)
        first = self.start(*words)
        try:
            self.wait_for_a_half_video(self.schemas[-1])
            others = [self.start(*words), self.start(*words)]
        finally:
            first.kill()
        first.communicate()
        texts = self.ends(others)
        self.assertEqual(sum(errors.count("taken over, attempt 2 of 3") for _, errors in texts), 1, texts)
        jobs = self.server.column(f"SELECT state || ' ' || count(*) FROM {self.schemas[-1]}.index_jobs GROUP BY state")
        self.assertEqual(jobs, [f"done {len(self.rows)}"])
        self.check_rows(uri, self.rows)

    def test_an_emptied_library_takes_models_of_other_lengths(self):
        tiny, demo, uri = self.folder / "tiny", SOURCE / "models/demo", self.library("models")
        run(CHECKPOINT, "tiny", tiny)
        videos = [self.videos / "part00.mp4", self.videos / "mandelbrot.mkv"]
        for model in (tiny, demo, tiny):
            file = self.folder / "model.db"
            for library in (file, uri):
                self.good("index", "--model", model, "--library", library, *videos)
            self.check_rows(uri, rows(file))
            file.unlink()
            self.good("remove", "--library", uri, *videos)
