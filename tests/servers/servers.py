#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PostgreSQL 17 with pgvector and MariaDB 11.8 for the tests, on loopback, as an unprivileged user.

    servers.py FOLDER -- COMMAND...           start both, run the command with their addresses in its environment, stop them
    servers.py FOLDER serve postgres|mariadb  start one with a data folder of its own, print its address; "kill" and a
                                              line end on standard input kill it and start it again, the end of input
                                              stops it

FOLDER keeps the programs between runs. Where the machine has no such servers of its own, those of Debian 13 are
unpacked there with debootstrap, from the mirror of the machine's own apt configuration; nothing is installed, and no
script of a package runs. The command finds REELVEC_TEST_POSTGRES and REELVEC_TEST_MARIADB, each the URI of an empty
database, or, where a server could not be had, REELVEC_TEST_POSTGRES_WHY and REELVEC_TEST_MARIADB_WHY. The exit status
is the command's. REELVEC_TEST_SERVERS=off starts none. REELVEC_TEST_CERTIFICATE names a folder with server.crt and
server.key, with which the servers then offer TLS.
"""
import ctypes
import fcntl
import glob
import hashlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

PACKAGES = "postgresql-17,postgresql-17-pgvector,mariadb-server-core"
SUITE = "trixie"
WRAPPED = ("usr/lib/postgresql/17/bin/postgres", "usr/lib/postgresql/17/bin/initdb", "usr/sbin/mariadbd")
PASSWORD = "p@ss:w/rd%"  # what a URI has to escape
PASSWORD_IN_URI = "p%40ss%3Aw%2Frd%25"
NOBODY = 65534
START_SECONDS = 60


class Unavailable(Exception):
    """A server cannot be had; the text says why."""


# ---- programs ----------------------------------------------------------------------------------------------------


def apt_mirrors():
    """Addresses of this release's own archive in apt's configuration, and apt's proxy, if any."""
    codename = subprocess.run(["sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME"], capture_output=True, text=True)
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        capture_output=True, text=True)
    mirrors = []
    for line in targets.stdout.splitlines():
        uri, release, component = line.rsplit(" ", 2)
        if release == codename.stdout.strip() and component == "main" and uri.startswith("http") and uri not in mirrors:
            mirrors.append(uri)
    proxy = subprocess.run(["apt-config", "shell", "proxy", "Acquire::http::Proxy"], capture_output=True, text=True)
    found = re.match(r"proxy='(http[^']*)'", proxy.stdout)
    return mirrors, found.group(1) if found else None


def wrap_programs(tree):
    """Programs of another release run through that release's own loader, which finds its libraries for them."""
    for name in WRAPPED:
        program = tree / name
        program.rename(program.with_suffix(".elf"))
        program.write_text(
            '#!/bin/sh\ntree=${0%/usr/*}\nset -- "$0.elf" "$@"\n'
            'for libraries in "$tree"/usr/lib/*-linux-*; do break; done\n'
            'exec "$libraries"/ld-linux-*.so.* --library-path "$libraries" --argv0 "$0" "$@"\n')
        program.chmod(0o755)


def unpack_tree(folder):
    """The root of an unpacked Debian 13 with the servers, kept in the folder."""
    tree = folder / SUITE
    if tree.exists():
        return tree
    if not shutil.which("debootstrap", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        raise Unavailable("debootstrap is not installed; tools/setup test installs it")
    mirrors, proxy = apt_mirrors()
    if not mirrors:
        raise Unavailable("apt's configuration names no mirror of Debian")
    environment = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if proxy:
        environment.setdefault("http_proxy", proxy)
    unfinished = folder / (SUITE + ".unfinished")
    packages = unfinished / "var/cache/apt/archives"
    print("unpacking the servers of Debian 13, once ...", file=sys.stderr, flush=True)
    with open(folder / "debootstrap.log", "w") as log:
        for mirror in mirrors:
            shutil.rmtree(unfinished, ignore_errors=True)
            done = subprocess.run(
                ["debootstrap", "--download-only", "--variant=minbase", "--include=" + PACKAGES, SUITE,
                 str(unfinished), mirror], stdout=log, stderr=log, env=environment)
            if done.returncode == 0:
                break
        else:
            raise Unavailable(f"debootstrap could not fetch the servers; see {log.name}")
        for package in sorted(packages.glob("*.deb")):
            if subprocess.run(["dpkg-deb", "--extract", package, unfinished], stdout=log, stderr=log).returncode:
                raise Unavailable(f"{package.name} could not be unpacked; see {log.name}")
    shutil.rmtree(packages)
    wrap_programs(unfinished)
    unfinished.rename(tree)
    return tree


def root_with_postgres(folder):
    """"/" where the machine's own PostgreSQL 17 has pgvector, else the unpacked tree."""
    own = os.path.exists("/usr/lib/postgresql/17/bin/postgres")
    return pathlib.Path("/") if own and os.path.exists("/usr/share/postgresql/17/extension/vector.control") \
        else unpack_tree(folder)


def root_with_mariadb(folder):
    """"/" where the machine's own MariaDB has the VECTOR type (11.7 and later), else the unpacked tree."""
    try:
        shown = subprocess.run(["/usr/sbin/mariadbd", "--version"], capture_output=True, text=True).stdout
    except OSError:
        shown = ""
    version = re.search(r"Ver (\d+)\.(\d+)\.\d+-MariaDB", shown)
    new_enough = version and (int(version.group(1)), int(version.group(2))) >= (11, 7)
    return pathlib.Path("/") if new_enough else unpack_tree(folder)


# ---- processes ---------------------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def everyone_may_enter(path):
    path = path.resolve()
    return all(os.stat(p).st_mode & 0o001 for p in [path, *path.parents])


def usable_folder(folder):
    """The folder, or, where it lies below /root, say, and the servers' user may not even pass through, one elsewhere."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0 or everyone_may_enter(folder):
        return folder
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    other = pathlib.Path("/var/tmp") / f"reelvec-servers-{name}"
    other.mkdir(mode=0o755, exist_ok=True)
    if other.is_symlink() or other.stat().st_uid != 0:
        sys.exit(f"{other}: somebody else's; remove it")
    return other


def as_user(command):
    """The command as an unprivileged user: servers refuse to run as root."""
    if os.geteuid() != 0:
        return command
    # The signal is set again here: changing the user forgets it.
    return ["setpriv", "--pdeathsig", "TERM", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] + command


def die_with_parent():
    """Also a runner that was killed leaves no server behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def lives(pid):
    """True until the process has given back its memory."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Server:
    """One server process with a data folder of its own; `start` again after `kill` goes on with the same data."""

    def __init__(self, folder, data):
        self.folder = pathlib.Path(folder).resolve()
        self.data = self.folder / data
        self.log = self.folder / (data + ".log")
        self.port = free_port()
        self.process = None

    def command(self, words):
        return as_user([str(w) for w in words])

    def make_data_folder(self):
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(self.data, NOBODY, NOBODY)

    def certificate(self):
        """Certificate and key where the server's user, and nobody else, may read them; none where none are given."""
        given, copies = os.environ.get("REELVEC_TEST_CERTIFICATE"), []
        for name in ("server.crt", "server.key") if given else ():
            copy = self.data / name
            shutil.copyfile(pathlib.Path(given) / name, copy)
            copy.chmod(0o600)
            if os.geteuid() == 0:
                os.chown(copy, NOBODY, NOBODY)
            copies.append(copy)
        return copies

    def prepare(self, words, text=None):
        done = subprocess.run(self.command(words), input=text, capture_output=True, text=True, cwd=self.data)
        if done.returncode:
            raise Unavailable(f"{words[0]}: {(done.stderr or done.stdout).strip()[-400:]}")

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(self.command(self.words()), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.data, preexec_fn=die_with_parent, start_new_session=True)
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise Unavailable(f"{self.words()[0]} does not answer; see {self.log}")
            time.sleep(0.05)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                return self.greets(connection)
        except OSError:
            return False

    def kill(self):
        """SIGKILL to every process of the server: none of them can say goodbye."""
        doomed = [self.process.pid]
        os.kill(self.process.pid, signal.SIGSTOP)  # starts no others now
        for stat in glob.glob("/proc/[0-9]*/stat"):
            try:
                fields = pathlib.Path(stat).read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid:
                doomed.append(int(stat.split("/")[2]))
        for pid in reversed(doomed):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        # PostgreSQL does not start again while one of them still holds the shared memory.
        end = time.monotonic() + START_SECONDS
        while any(map(lives, doomed)) and time.monotonic() < end:
            time.sleep(0.01)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


class Postgres(Server):
    stop_signal = signal.SIGINT  # without waiting for clients

    def __init__(self, folder, data="postgres"):
        super().__init__(folder, data)
        self.bin = root_with_postgres(self.folder) / "usr/lib/postgresql/17/bin"
        self.make_data_folder()
        password = self.folder / (data + ".password")
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self.prepare([self.bin / "initdb", "-D", self.data, "-U", "reelvec", "-E", "UTF8", "--locale=C", "-A",
                      "scram-sha-256", f"--pwfile={password}", "--no-sync", "--no-instructions"])
        password.unlink()

    def words(self):
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
                    "max_connections": "30", "log_min_messages": "fatal", "maintenance_work_mem": "512MB",
                    "autovacuum": os.environ.get("REELVEC_TEST_AUTOVACUUM", "on")}
        for name, path in zip(("ssl_cert_file", "ssl_key_file"), self.certificate()):
            settings.update({"ssl": "on", name: path})
        return [self.bin / "postgres", "-D", self.data, *[f"--{k}={v}" for k, v in settings.items()]]

    def greets(self, connection):
        # A start-up packet for a database that cannot be: any answer but "starting up" will do.
        body = b"\0\3\0\0user\0x\0\0"
        connection.sendall((len(body) + 4).to_bytes(4, "big") + body)
        answer = connection.recv(4096)
        return bool(answer) and b"57P03" not in answer

    def uri(self, database="postgres"):
        return f"postgresql://reelvec:{PASSWORD_IN_URI}@127.0.0.1:{self.port}/{database}"


class MariaDB(Server):
    stop_signal = signal.SIGTERM

    def __init__(self, folder, data="mariadb"):
        super().__init__(folder, data)
        self.root = root_with_mariadb(self.folder)
        self.make_data_folder()
        share = self.root / "usr/share/mariadb"
        tables = "".join((share / name).read_text() for name in
                         ("mariadb_system_tables.sql", "mariadb_performance_tables.sql",
                          "mariadb_system_tables_data.sql"))
        self.prepare([*self.program(), "--bootstrap", "--loose-innodb_flush_log_at_trx_commit=0"],
                     "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL, @skip_auth_anonymous = 1;\n"
                     + tables)
        self.init = self.data / "init.sql"
        self.init.write_text(
            f"CREATE USER IF NOT EXISTS reelvec@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON *.* TO reelvec@'127.0.0.1' WITH GRANT OPTION;\nCREATE DATABASE IF NOT EXISTS reelvec;\n")
        self.init.chmod(0o644)

    def program(self):
        # Temporary tables in a folder of its own: a server that starts removes those that it finds.
        return [self.root / "usr/sbin/mariadbd", "--no-defaults", f"--basedir={self.root / 'usr'}",
                f"--datadir={self.data}", f"--tmpdir={self.data}", f"--lc-messages-dir={self.root / 'usr/share/mariadb'}"]

    def words(self):
        return [*self.program(), f"--port={self.port}", "--bind-address=127.0.0.1", f"--init-file={self.init}",
                "--socket=m.sock", "--pid-file=m.pid", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=2",
                "--max-allowed-packet=64M", "--innodb-buffer-pool-size=256M", "--mhnsw-max-cache-size=1G",
                *[f"--ssl-{what}={path}" for what, path in zip(("cert", "key"), self.certificate())]]

    def greets(self, connection):
        return b"mysql_native_password" in connection.recv(4096)

    def uri(self, database="reelvec"):
        return f"mariadb://reelvec:{PASSWORD_IN_URI}@127.0.0.1:{self.port}/{database}"


KINDS = {"REELVEC_TEST_POSTGRES": Postgres, "REELVEC_TEST_MARIADB": MariaDB}


def run(folder, command):
    environment, running = dict(os.environ, REELVEC_TEST_SERVERS_FOLDER=str(folder)), []
    with open(folder / "lock", "w") as lock:
        # One run at a time: the data folders are there once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            for variable, kind in KINDS.items():
                try:
                    if os.environ.get("REELVEC_TEST_SERVERS") == "off":
                        raise Unavailable("REELVEC_TEST_SERVERS is off")
                    server = kind(folder)
                    running.append(server)
                    server.start()
                    environment[variable] = server.uri()
                except (Unavailable, OSError) as why:
                    environment[variable + "_WHY"] = str(why)
            return subprocess.run(command, env=environment).returncode
        finally:
            for server in running:
                server.stop()


def serve(folder, kind):
    server = {"postgres": Postgres, "mariadb": MariaDB}[kind](folder, f"{kind}-{os.getpid()}")
    try:
        server.start()
        print(server.uri(), flush=True)
        for line in sys.stdin:
            if line.strip() == "kill":
                server.kill()
                print("killed", flush=True)
                server.start()
                print("started", flush=True)
    finally:
        server.stop()
        shutil.rmtree(server.data, ignore_errors=True)
        server.log.unlink(missing_ok=True)


def main():
    if len(sys.argv) < 4 or sys.argv[2] not in ("--", "serve"):
        sys.exit(__doc__)
    # Leave by way of `finally` when told to end.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    folder = usable_folder(pathlib.Path(sys.argv[1]))
    if sys.argv[2] == "serve":
        serve(folder, sys.argv[3])
    else:
        sys.exit(run(folder, sys.argv[3:]))


if __name__ == "__main__":
    main()
