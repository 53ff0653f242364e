/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint/pickle_reader.c. */
#include "clip_support.h"

#include "clip/checkpoint/pickle_reader.h"

#define PICKLE(literal) literal, sizeof literal - 1

/* {'a': (1, -2, 300, True, None), 'b': ['x', 1.0]} and an object with state, and a call. */
static const char good[] =
    "\x80\x02}q\0(X\1\0\0\0a(K\1J\xfe\xff\xff\xffM\x2c\1\x88Ntq\1X\1\0\0\0b](X\1\0\0\0xG\0\0\0\0\0\0\0\0e"
    "X\1\0\0\0oc__torch__\nM\n)\x81}X\1\0\0\0kh\1sb"
    "X\1\0\0\0tctorch._utils\n_rebuild_tensor_v2\n(X\7\0\0\0storageK\1tQK\0\x86Ru.";

static void pickle_read_gives_the_values(void **state)
{
    Pickle pickle;
    RvError err = {0};
    assert_ok(rv_pickle_read((const uint8_t *)PICKLE(good), "f", &pickle, &err), err);
    const PickleValue *root = pickle.root;
    assert_int_equal(root->kind, PICKLE_DICT);
    assert_int_equal(root->count, 8);
    const PickleValue *tuple = root->items[1], *list = root->items[3], *object = root->items[5];
    const PickleValue *call = root->items[7];
    assert_true(rv_pickle_text_is(root->items[0]->text, "a"));
    assert_int_equal(tuple->count, 5);
    assert_int_equal(tuple->items[1]->integer, -2);
    assert_int_equal(tuple->items[2]->integer, 300);
    assert_int_equal(list->kind, PICKLE_LIST);
    assert_int_equal(list->count, 2);
    assert_int_equal(object->kind, PICKLE_OBJECT);
    assert_true(rv_pickle_is_global(object->callee, "__torch__", "M"));
    assert_ptr_equal(object->state->items[1], tuple);
    assert_int_equal(call->kind, PICKLE_CALL);
    assert_int_equal(call->arguments->items[0]->kind, PICKLE_PERSISTENT);
    rv_pickle_clear(&pickle);
}

static void pickle_read_knows_long_numbers(void **state)
{
    static const struct {
        const char *text;
        size_t size_bytes;
        int64_t value;
    } cases[] = {
        {PICKLE("\x80\x02\x8a\x00."), 0},
        {PICKLE("\x80\x02\x8a\x01\xff."), -1},
        {PICKLE("\x80\x02\x8a\x02\xff\x00."), 255},
        {PICKLE("\x80\x02\x8a\x05\x00\x00\x00\x00\x01."), 4294967296},
        {PICKLE("\x80\x02\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80."), INT64_MIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Pickle pickle;
        RvError err = {0};
        assert_ok(rv_pickle_read((const uint8_t *)cases[i].text, cases[i].size_bytes, "f", &pickle, &err),
                  err);
        assert_true(pickle.root->integer == cases[i].value);
        rv_pickle_clear(&pickle);
    }
}

/* PyTorch's magic number has 80 bits; it is kept as bytes. */
static void pickle_read_keeps_longer_numbers(void **state)
{
    static const char magic[] = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.and more";
    Pickle pickle;
    RvError err = {0};
    assert_ok(rv_pickle_read((const uint8_t *)PICKLE(magic), "f", &pickle, &err), err);
    assert_int_equal(pickle.root->kind, PICKLE_LONG);
    assert_int_equal(pickle.root->text.size_bytes, 10);
    assert_int_equal(pickle.size_bytes, 15); // what follows is the next pickle's
    rv_pickle_clear(&pickle);
}

/* {'a': (x, x), 'b': b'..', 's': {1, 2}, 'f': frozenset({1}), 'o': object} as protocol 4 and 5 write it: in a
 * frame, with names on the stack and a memo that counts by itself. */
static void pickle_read_knows_protocol_4_and_5(void **state)
{
    static char text[] =
        "\x80\x04\x95\x50\0\0\0\0\0\0\0}\x94(\x8c\1a\x94\x8c\1x\x94h\2\x86\x94\x8c\1b\x94"
        "C\2..\x94\x8c\1s\x94\x8f\x94(K\1K\2\x90\x8c\1f\x94(K\1\x91\x94\x8c\1o\x94\x8c\3mod\x94\x8c\5"
        "Class\x94\x93\x94)}\x92\x94}\x8c\1k\x94h\3sbu.";
    for (char protocol = 4; protocol <= 5; protocol++) {
        Pickle pickle;
        RvError err = {0};
        text[1] = protocol;
        assert_ok(rv_pickle_read((const uint8_t *)PICKLE(text), "f", &pickle, &err), err);
        const PickleValue *root = pickle.root;
        assert_int_equal(root->count, 10);
        assert_int_equal(root->items[1]->kind, PICKLE_TUPLE);
        assert_ptr_equal(root->items[1]->items[0], root->items[1]->items[1]);
        assert_int_equal(root->items[3]->kind, PICKLE_BYTES);
        assert_int_equal(root->items[5]->kind, PICKLE_SET);
        assert_int_equal(root->items[7]->kind, PICKLE_SET);
        assert_int_equal(root->items[9]->kind, PICKLE_OBJECT);
        assert_true(rv_pickle_is_global(root->items[9]->callee, "mod", "Class"));
        assert_ptr_equal(root->items[9]->state->items[1], root->items[1]); // memo entry 3: the tuple
        rv_pickle_clear(&pickle);
    }
}

/* What a training file keeps beside its weights: items of classes that are not known here are passed over. */
static void pickle_read_passes_over_items_of_other_classes(void **state)
{
    static const char counter[] = "\x80\x02"
                                  "ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R(X\1\0\0\0kK\1u.";
    Pickle pickle;
    RvError err = {0};
    assert_ok(rv_pickle_read((const uint8_t *)PICKLE(counter), "f", &pickle, &err), err);
    assert_int_equal(pickle.root->kind, PICKLE_CALL);
    assert_int_equal(pickle.root->count, 0);
    rv_pickle_clear(&pickle);
}

static void pickle_read_refuses(void **state)
{
    static const struct {
        const char *text;
        size_t size_bytes;
        const char *message, *why;
    } cases[] = {
        {PICKLE(""), "0 bytes", "empty"},
        {PICKLE("\x80"), "cut off", "half a header"},
        {PICKLE("(I1\n."), "no protocol", "protocol 0"},
        {PICKLE("\x80\x02."), "missing", "nothing on the stack"},
        {PICKLE("\x80\x02(."), "missing", "a mark alone"},
        {PICKLE("\x80\x02N"), "cut off", "no end"},
        {PICKLE("\x80\x02i__builtin__\neval\n."), "0x69 has no place", "INST, which would call"},
        {PICKLE("\x80\x02o."), "has no place", "OBJ"},
        {PICKLE("\x80\x04Ncos\nsystem\n\x93."), "a name that is no text", "STACK_GLOBAL of None"},
        {PICKLE("\x80\x04\x8c\x02os\x93."), "missing", "STACK_GLOBAL of one text"},
        {PICKLE("\x80\x04\x95\x09\0\0\0\0\0\0\0N."), "cut off", "a frame longer than the file"},
        {PICKLE("\x80\x04\x94."), "memo", "MEMOIZE of nothing"},
        {PICKLE("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffz."), "cut off", "a text of 2^64 bytes"},
        {PICKLE("\x80\x04\x8f\x90."), "no mark", "items of a set without a mark"},
        {PICKLE("\x80\x04)}\x92."), "missing", "NEWOBJ_EX without a class"},
        {PICKLE("\x80\x05\x97."), "has no place", "a buffer outside the pickle"},
        {PICKLE("\x80\x02X\xff\xff\xff\xffz."), "cut off", "a text longer than the file"},
        {PICKLE("\x80\x02h\x05."), "memo", "an entry that was never put"},
        {PICKLE("\x80\x02Nr\xff\xff\xff\xff."), "memo", "an entry far out"},
        {PICKLE("\x80\x02t."), "no mark", "a tuple without its mark"},
        {PICKLE("\x80\x02N\x87."), "missing", "a triple of one"},
        {PICKLE("\x80\x02(K\x01\x86."), "missing", "a pair across a mark"},
        {PICKLE("\x80\x02}K\x01u."), "no mark", "items without a mark"},
        {PICKLE("\x80\x02}(K\x01u."), "holds none", "a key without its value"},
        {PICKLE("\x80\x02K\x01(K\x01K\x02u."), "holds none", "items for a number"},
        {PICKLE("\x80\x02(K\x01u."), "missing", "items for nothing"},
        {PICKLE("\x80\x02"
                "a."),
         "missing", "append without a list"},
        {PICKLE("\x80\x02K\x01)R."), "no name", "a call of a number"},
        {PICKLE("\x80\x02"
                "cos\nsystem\nK\x01R."),
         "no name", "arguments that are no tuple"},
        {PICKLE("\x80\x02"
                "cos\nsystem"),
         "cut off", "a name without its end"},
        {PICKLE("\x80\x02Nb."), "attributes", "attributes of nothing"},
        {PICKLE("\x80\x02K\x01Nb."), "attributes", "attributes of a number"},
        {PICKLE("\x80\x02\x8a\x09\0\0\0\0\0\0\0\0."), "cut off", "a number of 72 bits in 64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Pickle pickle;
        RvError err = {0};
        uint8_t *copy = malloc(cases[i].size_bytes + (cases[i].size_bytes == 0));
        assert_non_null(copy);
        memcpy(copy, cases[i].text, cases[i].size_bytes);
        RvStatus status = rv_pickle_read(copy, cases[i].size_bytes, "f", &pickle, &err);
        if (status != RV_ERROR_FORMAT || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].why, status, err.message);
        free(copy);
    }
}

static void pickle_read_bounds_the_number_of_values(void **state)
{
    enum { SIZE = 1 << 20 };
    uint8_t *bytes = malloc(SIZE);
    assert_non_null(bytes);
    static const uint8_t fillers[] = {'N', '(', '}', ')'};
    for (size_t i = 0; i < sizeof fillers; i++) {
        Pickle pickle;
        RvError err = {0};
        memset(bytes, fillers[i], SIZE);
        memcpy(bytes, "\x80\x02", 2);
        assert_int_equal(rv_pickle_read(bytes, SIZE, "f", &pickle, &err), RV_ERROR_FORMAT);
        assert_non_null(strstr(err.message, "too many"));
    }
    free(bytes);
}

static void pickle_read_survives_damage(void **state)
{
    uint64_t random = 4;
    size_t refused = 0;
    for (int i = 0; i < 1000; i++) {
        size_t size_bytes = sizeof good - 1;
        uint8_t *damaged = damage((const uint8_t *)good, &size_bytes, &random);
        Pickle pickle;
        RvError err = {0};
        refused += rv_pickle_read(damaged, size_bytes, "f", &pickle, &err) != RV_OK;
        rv_pickle_clear(&pickle);
        free(damaged);
    }
    assert_true(refused > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pickle_read_gives_the_values),
        cmocka_unit_test(pickle_read_knows_long_numbers),
        cmocka_unit_test(pickle_read_keeps_longer_numbers),
        cmocka_unit_test(pickle_read_knows_protocol_4_and_5),
        cmocka_unit_test(pickle_read_passes_over_items_of_other_classes),
        cmocka_unit_test(pickle_read_refuses),
        cmocka_unit_test(pickle_read_bounds_the_number_of_values),
        cmocka_unit_test(pickle_read_survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
