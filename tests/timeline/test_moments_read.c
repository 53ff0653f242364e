/* SPDX-License-Identifier: MIT */
/* Tests of src/timeline/moments_*.c: lists of moments as searches print them and as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timeline/moments_read.h"

typedef struct Case {
    const char *why, *text;
    const char *moments; // "video|name|start|end|time|score" of each, with ';' behind
} Case;

static char *show(const RvMoments *moments)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    for (size_t i = 0; i < moments->count; i++) {
        const RvMoment *moment = &moments->items[i];
        fprintf(out, "%s|%s|%g|%g|%g|%g;", moment->video != NULL ? moment->video : "-",
                moment->name != NULL ? moment->name : "-", moment->start_s, moment->end_s, moment->time_s,
                moment->score);
    }
    fclose(out);
    return text;
}

static void check_cases(const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        RvMoments moments;
        RvError err = {0};
        if (rv_moments_read(cases[i].text, strlen(cases[i].text), &moments, &err) != RV_OK)
            fail_msg("%s: %s", cases[i].why, err.message);
        char *shown = show(&moments);
        if (strcmp(shown, cases[i].moments) != 0)
            fail_msg("%s:\n%s\nnot\n%s", cases[i].why, shown, cases[i].moments);
        free(shown);
        rv_moments_clear(&moments);
    }
}

static void moments_read_takes_json(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"lines of a search with moments",
         "{\"rank\": 1, \"video\": \"/v/a.mp4\", \"frame_number\": 8, \"time\": 7.0, \"score\": 0.5, \"start\": 5.0, "
         "\"end\": 9.5}\n"
         "{\"rank\": 2, \"video\": \"/v/b.mp4\", \"frame_number\": 1, \"time\": 0.0, \"score\": -0.25, \"start\": 0.0, "
         "\"end\": 1.0}\n",
         "/v/a.mp4|-|5|9.5|7|0.5;/v/b.mp4|-|0|1|0|-0.25;"},
        {"lines of a search without moments: a second each",
         "{\"query\": \"a dog\", \"rank\": 1, \"video\": \"/v/a.mp4\", \"frame_number\": 8, \"time\": 7.0, \"score\": "
         "0.5}\n",
         "/v/a.mp4|a dog|7|8|7|0.5;"},
        {"one array",
         "[{\"video\":\"a\",\"start\":1,\"end\":2},{\"video\":\"b\",\"start\":\"1:02.5\",\"end\":\"0:01:03\"}]",
         "a|-|1|2|1|nan;b|-|62.5|63|62.5|nan;"},
        {"an object with the video of all",
         "{\"video\":\"a\",\"title\":\"T\",\"moments\":[{\"start\":1,\"end\":2},{\"video\":"
         "\"b\",\"at\":3}]}",
         "a|-|1|2|1|nan;b|-|3|4|3|nan;"},
        {"hits of an answer", "{\"hits\": [{\"video\": \"a\", \"time\": 3}]}", "a|-|3|4|3|nan;"},
        {"a sequence: its parts' frames are passed over",
         "{\"rank\": 1, \"video\": \"a\", \"frame_number\": 3, \"time\": 2.0, \"score\": 1.0, \"start\": 2.0, "
         "\"end\": 8.0, \"frame_number_1\": 3, \"time_1\": 2.0, \"score_1\": 1.0, \"frame_number_2\": 8, \"time_2\": "
         "7.0, \"score_2\": 1.0}",
         "a|-|2|8|2|1;"},
        {"an array that is no fact", "{\"video\":\"a\",\"start\":1,\"end\":3,\"parts\":[{\"start\":4}]}",
         "a|-|1|3|1|nan;"},
        {"words that people use", "{\"File\":\"a\",\"In\":\"0:10\",\"Out\":\"0:20\",\"Label\":\"x\"}",
         "a|x|10|20|10|nan;"},
        {"of two names the better word counts, wherever it stands",
         "{\"query\":\"q\",\"label\":\"l\",\"video\":\"a\",\"name\":\"n\",\"at\":1}", "a|n|1|2|1|nan;"},
        {"a length instead of an end", "{\"video\":\"a\",\"start\":1,\"duration\":2.5}", "a|-|1|3.5|1|nan;"},
        {"a moment without length is a frame", "{\"video\":\"a\",\"start\":5,\"end\":5}", "a|-|5|6|5|nan;"},
        {"null and empty texts are not given",
         "{\"video\":\"a\",\"name\":\"\",\"title\":null,\"start\":1,\"end\":\"\",\"time\":\"2\"}",
         "a|-|1|2|2|nan;"},
        {"a byte order mark and blanks", "\xef\xbb\xbf \r\n [ {\"at\": 1} ] \n", "-|-|1|2|1|nan;"},
        {"objects on one line", "{\"at\":1}{\"at\":2} {\"at\":3}",
         "-|-|1|2|1|nan;-|-|2|3|2|nan;-|-|3|4|3|nan;"},
        {"names of any characters",
         "{\"video\":\"a\\nb\",\"name\":\"\\\"q\\\" \\ud83d\\ude80 \\u00e9\",\"at\":1}",
         "a\nb|\"q\" \xf0\x9f\x9a\x80 \xc3\xa9|1|2|1|nan;"},
    };
    check_cases(cases, sizeof cases / sizeof cases[0]);
}

static void moments_read_takes_tables(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"of a search with moments",
         "rank,video,frame_number,time,score,start,end\r\n1,/v/a.mp4,8,7,0.5,5,9.5\r\n2,\"/v/b, c.mp4\",1,0,-0.25,0,1\r\n",
         "/v/a.mp4|-|5|9.5|7|0.5;/v/b, c.mp4|-|0|1|0|-0.25;"},
        {"of a search with queries", "query,rank,video,frame_number,time,score\r\n\"a, b\",1,v,8,7,0.5\r\n",
         "v|a, b|7|8|7|0.5;"},
        {"without names of columns", "1,2,one\n3,0:00:04.5,\"two \"\"2\"\"\"\n",
         "-|one|1|2|1|nan;-|two \"2\"|3|4.5|3|nan;"},
        {"of LosslessCut", "Start,End,Name\n1.5,2.5,\n0:03,4,x", "-|-|1.5|2.5|1.5|nan;-|x|3|4|3|nan;"},
        {"semicolons, blanks, empty lines", "video; start ; end\n\n a ; 1 ; 2 \n  \nb;3;4",
         "a|-|1|2|1|nan;b|-|3|4|3|nan;"},
        {"tabs", "video\tstart\tend\na\t1\t2\n", "a|-|1|2|1|nan;"},
        {"carriage returns alone", "video,start,end\ra,1,2\rb,3,4\r", "a|-|1|2|1|nan;b|-|3|4|3|nan;"},
        {"a name over two lines", "name,start,end\n\"a\nb\",1,2\n", "-|a\nb|1|2|1|nan;"},
        {"blanks count between quotes", "video,start\n\" a \" , 1\n", " a |-|1|2|1|nan;"},
        {"fewer fields than columns", "start,end,name\n1\n2,3\n", "-|-|1|2|1|nan;-|-|2|3|2|nan;"},
        {"a byte order mark", "\xef\xbb\xbfstart,end\n1,2\n", "-|-|1|2|1|nan;"},
        {"bytes that are not UTF-8", "video,at\n/v/caf\xe9.mp4,1\n", "/v/caf\xe9.mp4|-|1|2|1|nan;"},
        {"columns of no meaning", "frames,video,colour,at\n7,a,red,1\n", "a|-|1|2|1|nan;"},
        {"a field that is empty at the end", "start,name\n1,", "-|-|1|2|1|nan;"},
    };
    check_cases(cases, sizeof cases / sizeof cases[0]);
}

static void moments_read_names_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *why, *text, *message;
    } cases[] = {
        {"nothing", "", "holds no moments"},
        {"blanks", " \n\t\r\n", "holds no moments"},
        {"an empty array", "[]", "holds no moments"},
        {"columns alone", "video,start,end\n", "holds no moments"},
        {"prose", "Dear all,\nhere are the cuts", "line 1: is neither JSON nor a table of moments"},
        {"no start", "{\"video\": \"a\", \"end\": 3}", "line 1: has neither start nor time"},
        {"no start in an array", "[{\"at\": 1}, {\"video\": \"a\"}]", "moment 2: has neither start nor time"},
        {"no column for a start", "video,end\na,1\n", "line 1: names no column start or time"},
        {"an empty start", "video,start,end\na,1,2\nb,,3\n", "line 3: has neither start nor time"},
        {"an end before the start", "{\"at\":1}\n\n{\"start\": 7, \"end\": 5}",
         "line 3: ends at 5, before it starts at 7"},
        {"not a number", "nan,2\n", "line 1: is neither JSON"},
        {"not a number further on", "start,end\n1,2\nnan,2\n",
         "line 3: start is 'nan'; write seconds or h:mm:ss.mmm"},
        {"infinite", "start,end\n1,inf\n", "line 2: end is 'inf'"},
        {"negative", "{\"start\": -1, \"end\": 2}",
         "line 1: start is -1; it must be a time in seconds, 0 or more"},
        {"negative in a table", "start,end\n1,2\n-1,2\n", "line 3: start is '-1'"},
        {"huge", "{\"start\": 1e300}", "line 1: start is 1e+300"},
        {"a timecode", "start,end\n00:00:01:12,2\n", "line 2: start is '00:00:01:12'; write seconds"},
        {"minutes over 59", "start,end\n1,1:75:00\n", "line 2: end is '1:75:00'"},
        {"a score that is a text", "{\"at\": 1, \"score\": \"good\"}",
         "line 1: score is 'good'; write a number"},
        {"a name that is a number", "{\"at\": 1, \"name\": 5}", "line 1: name must be a text"},
        {"a start that is an object", "{\"start\": {}}", "line 1: start is nan"},
        {"a video that is an array", "{\"at\": 1, \"video\": []}", "line 1: video must be a text"},
        {"a number in an array", "[1]", "moment 1: is no object"},
        {"parts alone", "{\"video\": \"a\", \"parts\": [{\"start\": 4}]}",
         "line 1: has neither start nor time"},
        {"NUL in JSON", "{\"at\": 1, \"name\": \"a\\u0000b\"}", "line 1: a text holds the character NUL"},
        {"JSON that is cut off", "{\"at\": 1}\n{\"at\": ", "line 2: "},
        {"JSON that goes on as something else", "{\"at\": 1}\nhello", "line 2: "},
        {"one word twice", "{\"at\": 1, \"at\": 2}", "line 1: duplicate"},
        {"a quotation mark that is not closed", "name,start\nx,1\n\"y,2\n",
         "line 3: a quotation mark is not closed"},
        {"text behind a quotation mark", "name,start\n\"x\"y,2\n",
         "line 2: text behind a closing quotation mark"},
        {"a comma too many", "start,end,name\n1,2,Hello, world\n", "line 2: has 4 fields instead of 3"},
        {"UTF-16", "\xff\xfes\n", "is UTF-16; save it as UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvMoments moments;
        RvError err = {0};
        RvStatus status = rv_moments_read(cases[i].text, strlen(cases[i].text), &moments, &err);
        if (status != RV_ERROR_FORMAT || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: status %d, %s", cases[i].why, status, err.message);
        assert_null(moments.items);
        assert_int_equal(moments.count, 0);
    }
}

static void moments_read_refuses_bytes_that_are_no_text(void **state)
{
    (void)state;
    RvMoments moments;
    RvError err = {0};
    assert_int_equal(rv_moments_read("start\n1\0002\n", 10, &moments, &err), RV_ERROR_FORMAT);
    assert_string_equal(err.message, "holds NUL bytes, so it is no text");
    assert_int_equal(rv_moments_read(NULL, 0, &moments, &err), RV_ERROR_FORMAT);
}

static void moments_read_has_limits(void **state)
{
    (void)state;
    RvMoments moments;
    RvError err = {0};
    size_t size_bytes = MOMENTS_MAX_BYTES + 1;
    char *text = malloc(size_bytes);
    assert_non_null(text);
    memset(text, '[', size_bytes);
    assert_int_equal(rv_moments_read(text, size_bytes, &moments, &err), RV_ERROR_MEMORY);
    assert_string_equal(err.message, "has more than 16 MiB, which is no list of moments");
    assert_int_equal(rv_moments_read(text, 1 << 20, &moments, &err), RV_ERROR_FORMAT); // brackets in brackets
    memset(text, ',', size_bytes);
    memcpy(text, "start", 5);
    assert_int_equal(rv_moments_read(text, 1 << 20, &moments, &err), RV_ERROR_FORMAT); // columns
    assert_non_null(strstr(err.message, "line 1: has more than 1000 fields"));
    for (size_t i = 0; i + 1 < size_bytes; i += 2)
        memcpy(text + i, "1\n", 2);
    assert_int_equal(rv_moments_read(text, MOMENTS_MAX_BYTES, &moments, &err), RV_ERROR_MEMORY);
    assert_non_null(strstr(err.message, "line 1000001: more than 1000000 moments"));
    assert_int_equal(rv_moments_read(text, 20000, &moments, &err), RV_OK);
    assert_int_equal(moments.count, 10000);
    rv_moments_clear(&moments);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_read_takes_json),
        cmocka_unit_test(moments_read_takes_tables),
        cmocka_unit_test(moments_read_names_what_is_wrong),
        cmocka_unit_test(moments_read_refuses_bytes_that_are_no_text),
        cmocka_unit_test(moments_read_has_limits),
    };
    return cmocka_run_group_tests_name("timeline/moments_read", tests, NULL, NULL);
}
