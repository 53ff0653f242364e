#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A TLS proxy before a PostgreSQL server, as hosted ones have it: TLS records of 16 kB, where the server's have 8 kB.

    tls_proxy.py HOST PORT CERTIFICATE_FOLDER    prints its port and serves until standard input ends; the folder has
                                                 server.crt and server.key
"""
import select
import socket
import ssl
import sys
import threading

RECORD_BYTES = 16384
QUIET_S = 0.03  # after so long without more the rest of an answer is sent


def serve(client, context, server):
    """Pass bytes on until one side ends."""
    try:
        client.recv(8)  # SSLRequest
        client.sendall(b"S")
        with context.wrap_socket(client, server_side=True) as tls, socket.create_connection(server) as upstream:
            waiting = b""
            while True:
                ready = [tls] if tls.pending() else select.select([tls, upstream], [], [], QUIET_S)[0]
                if tls in ready:
                    question = tls.recv(RECORD_BYTES)
                    if not question:
                        return
                    upstream.sendall(question)
                if upstream in ready:
                    answer = upstream.recv(RECORD_BYTES)
                    if not answer:
                        return
                    waiting += answer
                elif not ready:
                    for start in range(0, len(waiting), RECORD_BYTES):
                        tls.sendall(waiting[start:start + RECORD_BYTES])
                    waiting = b""
    except OSError:
        pass  # the client has gone away


def main():
    host, port, folder = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/server.crt", f"{folder}/server.key")
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client, context, (host, int(port))), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


main()
