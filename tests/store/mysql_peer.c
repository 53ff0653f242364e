/* SPDX-License-Identifier: MIT */
#include "mysql_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mysql_packets.h"

static const char *next_line(const MysqlPeer *peer, char kind)
{
    bool there = peer->at < peer->line_count && peer->lines[peer->at][0] == kind;
    return there ? peer->lines[peer->at] + 2 : NULL;
}

static void add_value(Packets *packets, const char *text, size_t length)
{
    if (length == 1 && text[0] == '~') {
        packet_add_number(packets, 0xfb, 1);
    } else if (length >= 2 && strncmp(text, "x:", 2) == 0) {
        packet_add_length(packets, (length - 2) / 2);
        for (size_t i = 2; i + 1 < length; i += 2) {
            unsigned byte = 0;
            sscanf(text + i, "%2x", &byte);
            packet_add_number(packets, byte, 1);
        }
    } else {
        packet_add_string(packets, text, length);
    }
}

/* The values of a line, as a row or, definitions, as packets of their own. */
static bool send_line(Packets *packets, const char *line, bool definitions)
{
    bool good = true;
    size_t count = 1;
    for (const char *at = line; *at != '\0'; at++)
        count += *at == '|';
    if (definitions) {
        packet_add_length(packets, count);
        good = packet_send(packets);
    }
    for (const char *at = line; good && count-- > 0;) {
        size_t length = strcspn(at, "|");
        if (definitions) {
            good = packet_send_column(packets, at, length);
        } else {
            add_value(packets, at, length);
        }
        at += length + (at[length] == '|');
    }
    return good && (definitions ? packet_send_end_of_rows(packets) : packet_send(packets));
}

static bool answer(MysqlPeer *peer, Packets *packets)
{
    const char *line;
    if ((line = next_line(peer, '!')) != NULL) {
        peer->at++;
        return packet_send_error(packets, line);
    }
    if ((line = next_line(peer, '=')) != NULL) {
        peer->at++;
        unsigned long long rows = 0, id = 0;
        sscanf(line, "%llu %llu", &rows, &id);
        return packet_send_ok(packets, rows, id);
    }
    bool good = next_line(peer, '|') != NULL, first = true;
    while (good && (line = next_line(peer, '|')) != NULL) {
        good = send_line(packets, line, first);
        first = false;
        peer->at++;
    }
    return good && packet_send_end_of_rows(packets);
}

/* ---- the scene ---------------------------------------------------------------------------------------- */

static void shorten_literals(char *sql)
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

static bool expect(MysqlPeer *peer, char kind, const char *got)
{
    const char *expected = next_line(peer, kind);
    if (peer->record)
        printf("%c %s\n", kind, got);
    else if (expected == NULL || strcmp(expected, got) != 0)
        snprintf(peer->fault, sizeof peer->fault, "got      %c %.1500s\nexpected %.1500s", kind, got,
                 peer->at < peer->line_count ? peer->lines[peer->at] : "the end");
    if (peer->fault[0] == '\0')
        peer->at++;
    return peer->fault[0] == '\0';
}

static bool greet(MysqlPeer *peer, Packets *packets)
{
    size_t size = 0;
    if (!packet_send_greeting(packets, "5.7.32", "mysql_native_password"))
        return false;
    char *reply = packet_receive(packets, &size);
    if (reply == NULL || size < 34) {
        free(reply);
        return false;
    }
    uint32_t wanted;
    memcpy(&wanted, reply, 4);
    const char *at = reply + 32 + strlen(reply + 32) + 1;
    at += 1 + (uint8_t)*at; // the password's digest
    bool good = expect(peer, '*', (wanted & 8) != 0 && at < reply + size ? at : "-");
    free(reply);
    if (!good)
        return packet_send_error(packets, "1105 another connection was expected");
    if (next_line(peer, '!') != NULL) {
        answer(peer, packets);
        return false;
    }
    return packet_send_ok(packets, 0, 0);
}

static void serve(void *user, int connection)
{
    MysqlPeer *peer = user;
    Packets packets = {.connection = connection};
    size_t size = 0;
    char *command = NULL;
    bool good = greet(peer, &packets);
    while (good && (command = packet_receive(&packets, &size)) != NULL && command[0] != 1) {
        shorten_literals(command + 1);
        if (command[0] != 3)
            good = packet_send_error(&packets, "1105 only statements are known");
        else if (expect(peer, '>', command + 1))
            good = answer(peer, &packets);
        else
            good = packet_send_error(&packets, "1105 another statement was expected");
        free(command);
        command = NULL;
    }
    free(command);
    free(packets.out.bytes);
}

static void read_scene(MysqlPeer *peer, const char *path, const char *scene)
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

void peer_start(MysqlPeer *peer, const char *path, const char *scene)
{
    *peer = (MysqlPeer){.record = getenv("REELVEC_RECORD") != NULL};
    read_scene(peer, path, scene);
    wire_start(&peer->server, serve, peer);
}

void peer_stop(MysqlPeer *peer)
{
    wire_stop(&peer->server);
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
