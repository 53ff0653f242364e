/* SPDX-License-Identifier: MIT */
/* TLS with verification to real servers: the right authority is accepted, another authority's and another
 * host's certificate are refused in clear words. */
#include "backend_fixture.h"

#include "own_server.h"

static void run_in(const char *folder, const char *script)
{
    char command[8192];
    snprintf(command, sizeof command, "cd '%s' && { %s; } > openssl.log 2>&1", folder, script);
    if (system(command) != 0)
        fail_msg("%s: see openssl.log there: %s", folder, script);
}

/* Two authorities, and a certificate of the first for each of two hosts: here/ and elsewhere/. */
static void make_certificates(const char *folder)
{
    run_in(
        folder,
        "for ca in authority other; do openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "
        "/CN=reelvec-test-$ca -keyout $ca.key -out $ca.crt || exit 1; done;"
        "certify() { mkdir $1 && echo \"subjectAltName=$2\" > $1/names && openssl req -newkey rsa:2048 "
        "-nodes "
        "-subj /CN=$3 -keyout $1/server.key -out $1/request && openssl x509 -req -in $1/request -CA "
        "authority.crt -CAkey authority.key -CAcreateserial -days 2 -extfile $1/names -out $1/server.crt; };"
        "certify here IP:127.0.0.1,DNS:127.0.0.1 127.0.0.1 && "
        "certify elsewhere DNS:elsewhere.example elsewhere.example");
}

static void start_server(OwnServer *server, const char *kind, const char *certificate)
{
    setenv("REELVEC_TEST_CERTIFICATE", certificate, 1);
    own_server_start(server, kind, NULL);
    unsetenv("REELVEC_TEST_CERTIFICATE");
}

typedef struct TlsCase {
    const char *certificate, *authority; // of the server, and whom the client trusts
    RvStatus status;
    const char *words, *why;
} TlsCase;

static void expect_case(const Fixture *fixture, const OwnServer *server, const TlsCase *wanted)
{
    bool postgres = strcmp(fixture->backend->name, "postgres") == 0;
    char uri[5000];
    RvError err = {0};
    Store *store = NULL;
    snprintf(uri, sizeof uri, "%s?%s=%s/%s", server->uri,
             postgres ? "sslmode=verify-full&sslrootcert" : "tls=verify&tls_ca", fixture->folder,
             wanted->authority);
    RvStatus status = rv_store_open(uri, &create_options, &store, &err);
    if (status != wanted->status || strstr(err.message, wanted->words) == NULL)
        fail_msg("%s: %s: %s", wanted->why, rv_status_name(status), err.message);
    if (status != RV_OK && strstr(err.message, "ertificate") == NULL)
        fail_msg("%s: says nothing of the certificate: %s", wanted->why, err.message);
    rv_store_close(store);
}

static void certificates_are_verified(void **state)
{
    static const TlsCase cases[] = {
        {"here", "authority.crt", RV_OK, "", "the right authority"},
        {"here", "other.crt", RV_ERROR_NETWORK, "authority", "another authority"},
        {"elsewhere", "authority.crt", RV_ERROR_NETWORK, "name ", "another host's certificate"},
    };
    Fixture *fixture = *state;
    OwnServer server = {0};
    char certificate[4400];
    make_certificates(fixture->folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool same = i > 0 && strcmp(cases[i].certificate, cases[i - 1].certificate) == 0;
        if (i > 0 && !same)
            own_server_stop(&server);
        snprintf(certificate, sizeof certificate, "%s/%s", fixture->folder, cases[i].certificate);
        if (!same)
            start_server(&server, fixture->backend->name, certificate);
        expect_case(fixture, &server, &cases[i]);
    }
    own_server_stop(&server);
}

/* The server's address with another port in it. */
static void behind_proxy(const char *uri, const char *port, char host[64], char old_port[16], char *out,
                         size_t size_bytes)
{
    const char *at = strrchr(uri, '@'), *colon = at != NULL ? strchr(at, ':') : NULL;
    const char *slash = colon != NULL ? strchr(colon, '/') : NULL;
    assert_non_null(slash);
    snprintf(host, 64, "%.*s", (int)(colon - at - 1), at + 1);
    snprintf(old_port, 16, "%.*s", (int)(slash - colon - 1), colon + 1);
    snprintf(out, size_bytes, "%.*s:%s%s?sslmode=require&answer_timeout=2", (int)(colon - uri), uri, port,
             slash);
}

/* Records of more than 8 kB: libpq leaves the ends of some of them in the TLS library, where no wait for the
 * socket sees them. */
static void large_records_are_read_to_their_end(void **state)
{
    static const size_t lengths[] = {5800, 6500, 8600, 9300};
    Fixture *fixture = *state;
    OwnServer proxy = {0};
    char certificate[4400], uri[5000], host[64], port[16], key[32], path[10000] = "/";
    if (strcmp(fixture->backend->name, "postgres") != 0)
        return; // the other client waits only for the beginning of an answer
    make_certificates(fixture->folder);
    snprintf(certificate, sizeof certificate, "%s/here", fixture->folder);
    behind_proxy(fixture->uri, "0", host, port, uri, sizeof uri);
    own_server_run(&proxy, "tls_proxy.py", host, port, certificate);
    behind_proxy(fixture->uri, proxy.uri, host, port, uri, sizeof uri);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        Store *store = NULL;
        RvVideos videos = {0};
        for (int k = 0; k < 5; k++) {
            int64_t id = 0;
            memset(path + 1, 'a' + (int)i, lengths[i]);
            path[lengths[i]] = (char)('0' + k);
            path[lengths[i] + 1] = '\0';
            VideoFacts facts = test_facts(path);
            snprintf(key, sizeof key, "k%zu-%d", i, k);
            facts.content_key = key;
            assert_ok(rv_store_begin_video(fixture->store, &facts, 0, &id, err));
        }
        assert_ok(rv_store_open(uri, NULL, &store, err));
        assert_ok(rv_store_list_videos(store, &videos, err));
        assert_int_equal(videos.count, 5);
        for (size_t k = 0; k < videos.count; k++)
            assert_ok(rv_store_remove_video(fixture->store, videos.items[k].video_id, err));
        rv_videos_clear(&videos);
        rv_store_close(store);
    }
    own_server_stop(&proxy);
}

static const BackendCase cases[] = {CASE(certificates_are_verified),
                                    CASE(large_records_are_read_to_their_end)};

int main(void)
{
    return run_on_backends("store_tls", SERVER_WITH_DATABASES, cases, sizeof cases / sizeof cases[0]);
}
