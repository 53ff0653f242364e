/* SPDX-License-Identifier: MIT */
/* A server that speaks MySQL's protocol and plays one scene of a golden file: every statement must be the
 * next one written there, to the letter, and gets the answer that stands below it.
 *
 *   == NAME            a scene
 *   * DATABASE         a connection is made, to this database ("-": to none)
 *   > SQL              a statement; literals of more than 64 hex digits are X'first 16...(count)'
 *   = ROWS ID          answer: so many rows changed, this AUTO_INCREMENT value
 *   | A|B              answer: column names, then a line per row; ~ is NULL, x:HEX are bytes
 *   ! NUMBER TEXT      answer: an error, also to a connection
 */
#ifndef RV_TESTS_MYSQL_PEER_H
#define RV_TESTS_MYSQL_PEER_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct MysqlPeer {
    char **lines; // of the scene
    size_t line_count, at;
    int listener, port;
    bool record; // REELVEC_RECORD: print what comes instead of comparing
    char fault[4096];
    pthread_t thread;
} MysqlPeer;

/* ---- packets ------------------------------------------------------------------------------------------ */

typedef struct PeerPacket {
    uint8_t *bytes;
    size_t size, capacity;
    uint8_t sequence;
} PeerPacket;

static inline void peer_add(PeerPacket *packet, const void *bytes, size_t size)
{
    if (packet->size + size > packet->capacity) {
        packet->capacity = 2 * (packet->size + size) + 64;
        packet->bytes = realloc(packet->bytes, packet->capacity);
    }
    memcpy(packet->bytes + packet->size, bytes, size);
    packet->size += size;
}

static inline void peer_add_number(PeerPacket *packet, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        peer_add(packet, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

/* Length-encoded integer. */
static inline void peer_add_length(PeerPacket *packet, uint64_t value)
{
    if (value >= 251)
        peer_add_number(packet, 0xfc, 1);
    peer_add_number(packet, value, value < 251 ? 1 : 2);
}

static inline void peer_add_string(PeerPacket *packet, const void *bytes, size_t size)
{
    peer_add_length(packet, size);
    peer_add(packet, bytes, size);
}

static inline bool peer_send(int connection, PeerPacket *packet)
{
    uint8_t header[4] = {(uint8_t)packet->size, (uint8_t)(packet->size >> 8), (uint8_t)(packet->size >> 16),
                         packet->sequence++};
    bool sent = send(connection, header, 4, MSG_NOSIGNAL) == 4 &&
                send(connection, packet->bytes, packet->size, MSG_NOSIGNAL) == (ssize_t)packet->size;
    packet->size = 0;
    return sent;
}

static inline bool peer_read(int connection, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = recv(connection, (char *)bytes + done, size - done, 0);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

/* The content of one packet, with a NUL behind it; NULL at the end of the connection. */
static inline char *peer_receive(int connection, size_t *size, uint8_t *sequence)
{
    uint8_t header[4];
    if (!peer_read(connection, header, 4))
        return NULL;
    *size = header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16;
    *sequence = header[3];
    char *content = calloc(1, *size + 1);
    if (!peer_read(connection, content, *size)) {
        free(content);
        return NULL;
    }
    return content;
}

/* ---- answers ------------------------------------------------------------------------------------------ */

static inline const char *peer_line(const MysqlPeer *peer, char kind)
{
    bool there = peer->at < peer->line_count && peer->lines[peer->at][0] == kind;
    return there ? peer->lines[peer->at] + 2 : NULL;
}

static inline bool peer_send_ok(int connection, PeerPacket *packet, const char *numbers)
{
    unsigned long long rows = 0, id = 0;
    sscanf(numbers, "%llu %llu", &rows, &id);
    peer_add_number(packet, 0, 1);
    peer_add_length(packet, rows);
    peer_add_length(packet, id);
    peer_add_number(packet, 2, 2); // autocommit
    peer_add_number(packet, 0, 2);
    return peer_send(connection, packet);
}

static inline bool peer_send_error(int connection, PeerPacket *packet, const char *text)
{
    const char *space = strchr(text, ' ');
    peer_add_number(packet, 0xff, 1);
    peer_add_number(packet, (uint64_t)atoi(text), 2);
    peer_add(packet, "#HY000", 6);
    peer_add(packet, space + 1, strlen(space + 1));
    return peer_send(connection, packet);
}

static inline bool peer_send_end_of_rows(int connection, PeerPacket *packet)
{
    peer_add(packet, "\xfe\0\0\2\0", 5);
    return peer_send(connection, packet);
}

static inline void peer_add_value(PeerPacket *packet, const char *text, size_t length)
{
    if (length == 1 && text[0] == '~') {
        peer_add_number(packet, 0xfb, 1);
    } else if (length >= 2 && strncmp(text, "x:", 2) == 0) {
        peer_add_length(packet, (length - 2) / 2);
        for (size_t i = 2; i + 1 < length; i += 2) {
            unsigned byte = 0;
            sscanf(text + i, "%2x", &byte);
            peer_add_number(packet, byte, 1);
        }
    } else {
        peer_add_string(packet, text, length);
    }
}

/* The values of a line, as a row or, definitions, as packets of their own. */
static inline bool peer_send_line(int connection, PeerPacket *packet, const char *line, bool definitions)
{
    bool good = true;
    size_t count = 1;
    for (const char *at = line; *at != '\0'; at++)
        count += *at == '|';
    if (definitions) {
        peer_add_length(packet, count);
        good = peer_send(connection, packet);
    }
    for (const char *at = line; good && count-- > 0;) {
        size_t length = strcspn(at, "|");
        if (definitions) {
            peer_add_string(packet, "def", 3);
            peer_add(packet, "\0\0\0", 3);
            peer_add_string(packet, at, length);
            peer_add_string(packet, at, length);
            peer_add(packet, "\x0c\x3f\0\0\0\1\0\xfd\0\0\0\0\0", 13); // binary, VAR_STRING
            good = peer_send(connection, packet);
        } else {
            peer_add_value(packet, at, length);
        }
        at += length + (at[length] == '|');
    }
    return good && (definitions ? peer_send_end_of_rows(connection, packet) : peer_send(connection, packet));
}

static inline bool peer_answer(MysqlPeer *peer, int connection, PeerPacket *packet)
{
    const char *line;
    if ((line = peer_line(peer, '!')) != NULL) {
        peer->at++;
        return peer_send_error(connection, packet, line);
    }
    if ((line = peer_line(peer, '=')) != NULL) {
        peer->at++;
        return peer_send_ok(connection, packet, line);
    }
    bool good = peer_line(peer, '|') != NULL, first = true;
    while (good && (line = peer_line(peer, '|')) != NULL) {
        good = peer_send_line(connection, packet, line, first);
        first = false;
        peer->at++;
    }
    return good && peer_send_end_of_rows(connection, packet);
}

/* ---- the scene ---------------------------------------------------------------------------------------- */

static inline void peer_shorten_literals(char *sql)
{
    char *to = sql;
    for (const char *at = sql; *at != '\0';) {
        size_t digits = strncmp(at, "X'", 2) == 0 ? strspn(at + 2, "0123456789ABCDEF") : 0;
        if (digits <= 64) {
            *to++ = *at++;
            continue;
        }
        memmove(to, at, 18);
        to += 18 + sprintf(to + 18, "...(%zu)", digits);
        at += 2 + digits;
    }
    *to = '\0';
}

static inline bool peer_expect(MysqlPeer *peer, char kind, const char *got)
{
    const char *expected = peer_line(peer, kind);
    if (peer->record)
        printf("%c %s\n", kind, got);
    else if (expected == NULL || strcmp(expected, got) != 0)
        snprintf(peer->fault, sizeof peer->fault, "got      %c %.1500s\nexpected %.1500s", kind, got,
                 peer->at < peer->line_count ? peer->lines[peer->at] : "the end");
    if (peer->fault[0] == '\0')
        peer->at++;
    return peer->fault[0] == '\0';
}

/* Protocol version 10, as MySQL 5.7 greets: no TLS, no shortened ends of rows. */
static inline bool peer_greet(MysqlPeer *peer, int connection, PeerPacket *packet)
{
    static const uint8_t zeros[10] = {0};
    const uint32_t abilities =
        0x00000200 | 0x00000008 | 0x00008000 | 0x00080000 | 0x00002000 | 0x00000001 | 0x2;
    peer_add_number(packet, 10, 1);
    peer_add(packet, "5.7.32", 7);
    peer_add_number(packet, 1, 4);
    peer_add(packet, "abcdefgh", 9);
    peer_add_number(packet, abilities & 0xffff, 2);
    peer_add_number(packet, 45, 1);
    peer_add_number(packet, 2, 2);
    peer_add_number(packet, abilities >> 16, 2);
    peer_add_number(packet, 21, 1);
    peer_add(packet, zeros, 10);
    peer_add(packet, "ijklmnopqrst", 13);
    peer_add(packet, "mysql_native_password", 22);
    size_t size = 0;
    if (!peer_send(connection, packet))
        return false;
    char *reply = peer_receive(connection, &size, &packet->sequence);
    if (reply == NULL || size < 34) {
        free(reply);
        return false;
    }
    packet->sequence++;
    uint32_t wanted;
    memcpy(&wanted, reply, 4);
    const char *at = reply + 32 + strlen(reply + 32) + 1;
    at += 1 + (uint8_t)*at; // the password's digest
    bool good = peer_expect(peer, '*', (wanted & 8) != 0 && at < reply + size ? at : "-");
    free(reply);
    if (!good)
        return peer_send_error(connection, packet, "1105 another connection was expected");
    if (peer_line(peer, '!') != NULL) {
        peer_answer(peer, connection, packet);
        return false;
    }
    return peer_send_ok(connection, packet, "0 0");
}

static inline void peer_serve(MysqlPeer *peer, int connection)
{
    PeerPacket packet = {0};
    size_t size = 0;
    char *command = NULL;
    bool good = peer_greet(peer, connection, &packet);
    while (good && (command = peer_receive(connection, &size, &packet.sequence)) != NULL && command[0] != 1) {
        packet.sequence++;
        peer_shorten_literals(command + 1);
        if (command[0] != 3)
            good = peer_send_error(connection, &packet, "1105 only statements are known");
        else if (peer_expect(peer, '>', command + 1))
            good = peer_answer(peer, connection, &packet);
        else
            good = peer_send_error(connection, &packet, "1105 another statement was expected");
        free(command);
        command = NULL;
    }
    free(command);
    free(packet.bytes);
    close(connection);
}

static inline void *peer_run(void *user)
{
    MysqlPeer *peer = user;
    int connection;
    while ((connection = accept(peer->listener, NULL, NULL)) >= 0) {
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        peer_serve(peer, connection);
    }
    return NULL;
}

static inline void peer_read_scene(MysqlPeer *peer, const char *path, const char *scene)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0;
    bool inside = false;
    assert_non_null(file);
    while (getline(&line, &capacity, file) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "== ", 3) == 0)
            inside = strcmp(line + 3, scene) == 0;
        else if (inside && line[0] != '\0' && line[0] != '#') {
            peer->lines = realloc(peer->lines, (peer->line_count + 1) * sizeof *peer->lines);
            peer->lines[peer->line_count++] = strdup(line);
        }
    }
    free(line);
    fclose(file);
    assert_true(peer->line_count > 0);
}

static inline void peer_start(MysqlPeer *peer, const char *path, const char *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *peer = (MysqlPeer){.record = getenv("REELVEC_RECORD") != NULL};
    peer_read_scene(peer, path, scene);
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(peer->listener, 4), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &size), 0);
    peer->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
}

/* Fails where the scene was not played as written, and to its end. */
static inline void peer_stop(MysqlPeer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    bool finished = peer->at == peer->line_count;
    char next[400];
    snprintf(next, sizeof next, "%s", finished ? "" : peer->lines[peer->at]);
    for (size_t i = 0; i < peer->line_count; i++)
        free(peer->lines[i]);
    free(peer->lines);
    if (peer->fault[0] != '\0')
        fail_msg("%s", peer->fault);
    if (!finished && !peer->record)
        fail_msg("not played: %s", next);
}

#endif
