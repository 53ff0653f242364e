/* SPDX-License-Identifier: MIT */
/* Addresses of servers in parts and without their passwords; bytes that are not UTF-8 in columns that must
 * be. */
#include "store_support.h"

#include "store/sql/server_address.h"
#include "store/sql/text_escape.h"

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void parse_address_takes_the_parts(void **state)
{
    static const struct {
        const char *uri, *user, *password, *host, *database;
        int port;
        const char *why;
    } cases[] = {
        {"mariadb://u:p@h:3307/d", "u", "p", "h", "d", 3307, "all parts"},
        {"mariadb://h/d", NULL, NULL, "h", "d", 0, "host and database"},
        {"mariadb://u@h", "u", NULL, "h", NULL, 0, "no database"},
        {"mariadb://u:@h/d", "u", "", "h", "d", 0, "an empty password is one"},
        {"mariadb:///d", NULL, NULL, NULL, "d", 0, "no host"},
        {"mariadb://u:p%40s%3As%2F%25@h/d%20x", "u", "p@s:s/%", "h", "d x", 0, "escapes"},
        {"mariadb://[::1]:3307/d", NULL, NULL, "::1", "d", 3307, "IPv6"},
        {"mariadb://[fe80::1]/d", NULL, NULL, "fe80::1", "d", 0, "IPv6 without a port"},
        {"mariadb://u:p%40@h/d", "u", "p@", "h", "d", 0, "an escape at the end"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ServerAddress address;
        assert_ok(rv_store_parse_address(cases[i].uri, "show", &address, err));
        if (!same(address.user, cases[i].user) || !same(address.password, cases[i].password) ||
            !same(address.host, cases[i].host) || !same(address.database, cases[i].database) ||
            address.port != cases[i].port)
            fail_msg("%s", cases[i].why);
        rv_store_clear_address(&address);
    }
    ServerAddress address;
    assert_ok(rv_store_parse_address("mariadb://h/d?tls=verify&tls_ca=%2Fca.pem", "show", &address, err));
    assert_string_equal(rv_store_address_parameter(&address, "tls"), "verify");
    assert_string_equal(rv_store_address_parameter(&address, "tls_ca"), "/ca.pem");
    assert_null(rv_store_address_parameter(&address, "tls_"));
    rv_store_clear_address(&address);
}

static void parse_address_refuses_and_quotes_no_password(void **state)
{
    static const struct {
        const char *uri, *why;
    } cases[] = {
        {"mariadb://u:se@cret@h/d", "@ in the password"},
        {"mariadb://u:se/cret@h/d", "/ in the password"},
        {"mariadb://u:se?cret@h/d", "? in the password"},
        {"mariadb://u:se%cret@h/d", "an escape that is none"},
        {"mariadb://u:secret%4@h/d", "an escape cut short"},
        {"mariadb://u:secret%00@h/d", "a NUL"},
        {"mariadb://u:secret@h:0/d", "port 0"},
        {"mariadb://u:secret@h:65536/d", "a port too large"},
        {"mariadb://u:secret@h:123456789012/d", "a port too long"},
        {"mariadb://u:secret@h:x/d", "a port that is no number"},
        {"mariadb://u:secret@[::1/d", "a bracket that stays open"},
        {"mariadb://u:secret@[::1]3307/d", "no colon before the port"},
        {"mariadb://u:secret@h/d?tls", "a parameter without a value"},
        {"mariadb://u:secret@h/d#part", "a fragment"},
        {"mariadb://h/d?a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1", "too many parameters"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ServerAddress address;
        RvError err = {0};
        char show[200];
        rv_store_show_uri(cases[i].uri, show, sizeof show);
        if (rv_store_parse_address(cases[i].uri, show, &address, &err) != RV_ERROR_ARGUMENT)
            fail_msg("%s", cases[i].why);
        if (strstr(err.message, "cret") != NULL || strstr(err.message, "%40 for @") == NULL)
            fail_msg("%s: %s", cases[i].why, err.message);
        assert_null(address.host);
    }
}

static void show_uri_leaves_out_password_and_parameters(void **state)
{
    static const struct {
        const char *uri, *shown;
    } cases[] = {
        {"postgresql://u:p@h:5432/d?sslmode=verify-full", "postgresql://u@h:5432/d"},
        {"postgresql://u:p:q@r/s@h/d", "postgresql://u@h/d"},
        {"postgresql://h:5432/d", "postgresql://h:5432/d"},
        {"postgresql:///d?host=/run/postgresql&password=p", "postgresql:///d"},
        {"/films/what?.db", "/films/what?.db"},
        {"postgresql://127.0.0.1:1/db?password=abc@s3cret", "postgresql://127.0.0.1"},
        {"postgresql://h/db?password=abc@s3cret", "postgresql://h/db"},
        {"mariadb://u:se?cret@h/d", "mariadb://u"},
        {"mariadb://u:se#cret@h/d", "mariadb://u"},
        {"mariadb://me:s3cret", "mariadb://me"},
        {"mariadb://me:s3cret/db", "mariadb://me"},
        {"postgresql://h1:5432,h2:5433/d", "postgresql://h1:5432,h2:5433/d"},
        {"mariadb://[::1]:3307/d", "mariadb://[::1]:3307/d"},
        {"mariadb://u:p@[::1]:3307/d", "mariadb://u@[::1]:3307/d"},
        {"postgresql://u@[::1]:5432/d", "postgresql://u@[::1]:5432/d"},
        {"postgresql://u@[fe80::1]/d?sslmode=require", "postgresql://u@[fe80::1]/d"},
        {"postgresql://u@h1:1,[::1]:2,[::2]/d", "postgresql://u@h1:1,[::1]:2,[::2]/d"},
        {"postgresql://[::1]:1,[::2]:2/d", "postgresql://[::1]:1,[::2]:2/d"},
        {"singlestore://u@[::1]:3307/d", "singlestore://u@[::1]:3307/d"},
        {"postgresql://u@[::1]:5432/d?password=abc@s3cret", "postgresql://u@[::1]"},
        {"postgresql://u:[::1]:x@[::1]:5432/d", "postgresql://u@[::1]:5432/d"},
        {"mariadb://u@[me:s3cret]/d", "mariadb://u@[me"},
        {"mariadb://[me:s3cret]/d", "mariadb://[me"},
        {"mariadb://me[:s3cret]", "mariadb://me["},
        {"postgress://me:s3cret@h/db", "postgress://me@h/db"},
        {"postgresql+psycopg2://me:s3cret@h/db", "postgresql+psycopg2://me@h/db"},
        {"jdbc:mariadb://me:s3cret@h/db", "jdbc:mariadb://me@h/db"},
        {"jdbc:mariadb://h/db?user=me&password=s3cret", "jdbc:mariadb://h/db"},
        {"mariadb:me:s3cret@h/db", "mariadb:me...@h/db"},
        {"postgresql:/me:s3cret@h/db", "postgresql:/me...@h/db"},
        {"me:s3cret@h/db", "me...@h/db"},
        {"host=h password=s3cret dbname=d", "host=h ..."},
        {"host=h PassWord = 's3cret'", "host=h ..."},
        {"a:b@c.db", "a...@c.db"}, // a file is shown so too
        {"./a:b@c.db", "./a:b@c.db"},
        {"/films/a:b@c.db", "/films/a:b@c.db"},
        {"/ariadb://me:s3cret@h/db", "/ariadb://me@h/db"},
        {"film:one.db", "film:one.db"},
        {"C:/films/library.db", "C:/films/library.db"},
        {"memory:", "memory:"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char shown[200], cut[8];
        rv_store_show_uri(cases[i].uri, shown, sizeof shown);
        assert_string_equal(shown, cases[i].shown);
        rv_store_show_uri(cases[i].uri, cut, sizeof cut);
        assert_true(strlen(cut) < sizeof cut);
    }
}

/* Unicode 15, table 3-7, read backwards: what comes out must be well formed. */
static void assert_utf8(const unsigned char *at)
{
    while (*at != '\0') {
        size_t more = *at < 0x80 ? 0 : *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : 1;
        uint32_t code = more == 0 ? *at : *at & (0x3fu >> more);
        assert_true(*at < 0x80 || (*at >= 0xc2 && *at <= 0xf4));
        for (at++; more > 0; more--, at++) {
            assert_int_equal(*at & 0xc0, 0x80);
            code = code << 6 | (*at & 0x3f);
        }
        assert_true(code <= 0x10ffff && (code < 0xd800 || code > 0xdfff));
    }
}

static void check_round_trip(const char *bytes)
{
    Buffer encoded;
    rv_buffer_init(&encoded, 1 << 20);
    assert_ok(rv_store_text_encode(bytes, &encoded, err));
    char *text = strdup(encoded.bytes != NULL ? (const char *)encoded.bytes : "");
    assert_utf8((const unsigned char *)text);
    rv_store_text_decode(text);
    assert_string_equal(text, bytes);
    free(text);
    rv_buffer_clear(&encoded);
}

/* What is no address that can be read is refused before a file of its name is looked for, or made. */
static void mistyped_addresses_are_refused_without_the_password(void **state)
{
    static const struct {
        const char *uri;
        RvStatus status;
    } cases[] = {
        {"postgress://me:s3cret@h/db", RV_ERROR_UNSUPPORTED},
        {"postgresql+psycopg2://me:s3cret@h/db", RV_ERROR_UNSUPPORTED},
        {"mysqlx://me:s3cret@h/db", RV_ERROR_UNSUPPORTED},
        {"jdbc:mariadb://me:s3cret@h/db", RV_ERROR_UNSUPPORTED},
        {"jdbc:mariadb://h/db?user=me&password=s3cret", RV_ERROR_UNSUPPORTED},
        {"mariadb:me:s3cret@h/db", RV_ERROR_ARGUMENT},
        {"postgresql:/me:s3cret@h/db", RV_ERROR_ARGUMENT},
        {"me:s3cret@h/db", RV_ERROR_ARGUMENT},
        {"host=h user=me password=s3cret", RV_ERROR_ARGUMENT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int create = 0; create < 2; create++) {
            StoreOptions options = {.create = create == 1};
            RvError err = {0};
            Store *store = NULL;
            RvStatus status = rv_store_open(cases[i].uri, &options, &store, &err);
            if (status != cases[i].status || strstr(err.message, "s3cret") != NULL ||
                strstr(err.message, "postgresql://") == NULL)
                fail_msg("%s: %s: %s", cases[i].uri, rv_status_name(status), err.message);
            assert_int_not_equal(access(cases[i].uri, F_OK), 0);
        }
    }
    // Another file of such a name opens as ever, and a new one with ./ before it.
    char folder[512], here[4096];
    Store *store = NULL;
    make_test_folder(folder, sizeof folder);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    assert_ok(rv_store_open("./talk:1@home.db", &(StoreOptions){.create = true}, &store, err));
    rv_store_close(store);
    assert_ok(rv_store_open("talk:1@home.db", NULL, &store, err));
    rv_store_close(store);
    assert_int_equal(chdir(here), 0);
    remove_test_folder(folder);
}

static void this_machine_is_told_by_the_whole_address(void **state)
{
    static const struct {
        const char *host;
        bool here;
    } cases[] = {
        {NULL, true},
        {"", true},
        {"localhost", true},
        {"127.0.0.1", true},
        {"127.1.2.3", true},
        {"::1", true},
        {"/run/sql", true},
        {"127.example.org", false},
        {"127.1", false},
        {"127.0.0.1.", false},
        {"10.0.0.1", false},
        {"::2", false},
        {"localhost.evil.example", false},
        {"db.example", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (rv_store_is_this_machine(cases[i].host) != cases[i].here)
            fail_msg("%s", cases[i].host);
    }
}

static void take_parameter_leaves_the_others(void **state)
{
    static const struct {
        const char *uri, *rest, *value;
    } cases[] = {
        {"p://h/d", "p://h/d", NULL},
        {"p://h/d?a=1", "p://h/d?a=1", NULL},
        {"p://h/d?t=5", "p://h/d", "5"},
        {"p://h/d?t=5&a=1", "p://h/d?a=1", "5"},
        {"p://h/d?a=1&t=5", "p://h/d?a=1", "5"},
        {"p://h/d?a=1&t=5&b=2", "p://h/d?a=1&b=2", "5"},
        {"p://h/d?at=1&t=%35", "p://h/d?at=1", "5"},
        {"p://h/d?t=", "p://h/d", ""},
        {"p://h/t=5", "p://h/t=5", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *rest = NULL, *value = NULL;
        assert_ok(rv_store_take_parameter(cases[i].uri, "show", "t", &rest, &value, err));
        if (!same(rest, cases[i].rest) || !same(value, cases[i].value))
            fail_msg("%s: %s, %s", cases[i].uri, rest, value != NULL ? value : "none");
        free(rest);
        free(value);
    }
    char *rest = NULL, *value = NULL;
    assert_refused(rv_store_take_parameter("p://h/d?t=%zz", "show", "t", &rest, &value, err),
                   RV_ERROR_ARGUMENT, "show");
    free(rest);
}

static void one_line_keeps_the_words(void **state)
{
    char line[32];
    (void)state;
    rv_store_one_line("refused\n\tIs it running?\n", line, sizeof line);
    assert_string_equal(line, "refused Is it running?");
    rv_store_one_line(" \r\n ", line, sizeof line);
    assert_string_equal(line, "");
    rv_store_one_line("0123456789012345678901234567890123456789", line, sizeof line);
    assert_int_equal(strlen(line), sizeof line - 1);
}

static void text_comes_back_and_is_utf8(void **state)
{
    static const char *const cases[] = {"",
                                        "plain",
                                        "\xc3\xa4\xf0\x9f\x8e\xac",
                                        "\xff\xfe",
                                        "\xc0\xaf",
                                        "\xed\xa0\x80",
                                        "\xf4\x90\x80\x80",
                                        "cut \xe2\x82",
                                        "\xee\xbe\x80 an escape itself",
                                        "\xee\xbf\xbf",
                                        "\xee\xbd\xbf just below",
                                        "\xef\x80\x80 just above"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_round_trip(cases[i]);
    uint64_t random = 5;
    for (int i = 0; i < 20000; i++) {
        char bytes[24];
        size_t length = next_random(&random) % (sizeof bytes - 1);
        for (size_t b = 0; b < length; b++) {
            uint64_t draw = next_random(&random);
            // Often a byte that begins or continues a sequence near the edges.
            static const unsigned char edges[] = {0xee, 0xbe, 0xbf, 0x80, 0xed, 0xa0, 0xf4, 0x8f, 0xc2, 0xe0};
            bytes[b] = (char)(draw % 2 == 0 ? edges[draw / 2 % sizeof edges] : 1 + draw / 2 % 255);
        }
        bytes[length] = '\0';
        check_round_trip(bytes);
    }
    // Valid text is left as it is: people read it in the table.
    Buffer encoded;
    rv_buffer_init(&encoded, 1 << 10);
    assert_ok(rv_store_text_encode("\xe6\x98\xa0\xe7\x94\xbb.mp4", &encoded, err));
    assert_string_equal((const char *)encoded.bytes, "\xe6\x98\xa0\xe7\x94\xbb.mp4");
    rv_buffer_clear(&encoded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_address_takes_the_parts),
        cmocka_unit_test(parse_address_refuses_and_quotes_no_password),
        cmocka_unit_test(show_uri_leaves_out_password_and_parameters),
        cmocka_unit_test(mistyped_addresses_are_refused_without_the_password),
        cmocka_unit_test(this_machine_is_told_by_the_whole_address),
        cmocka_unit_test(take_parameter_leaves_the_others),
        cmocka_unit_test(one_line_keeps_the_words),
        cmocka_unit_test(text_comes_back_and_is_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
