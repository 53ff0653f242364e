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

#include "wire.h"

typedef struct MysqlPeer {
    char **lines; // of the scene
    size_t line_count, at;
    bool record; // REELVEC_RECORD: print what comes instead of comparing
    char fault[4096];
    WireServer server;
} MysqlPeer;

void peer_start(MysqlPeer *peer, const char *path, const char *scene);

/* Fails unless the scene was played as written, and to its end. */
void peer_stop(MysqlPeer *peer);

#endif
