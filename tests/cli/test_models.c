/* SPDX-License-Identifier: MIT */
/* Models by hand and by memory: adding checkpoints, and libraries that find their model again. */
#include "program_run.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "known_checkpoint.h"

static int set_up(void **state)
{
    (void)state;
    return program_set_up(&(ProgramNeeds){.name = "models", .clips = {"gop50_closed.mp4"}, .no_model = true});
}

/* Status and a part of what was said, on either output. */
#define ASSERT_RUN(expected_status, part, ...)                                                               \
    do {                                                                                                     \
        RunResult run_result = RUN(__VA_ARGS__);                                                             \
        assert_status(&run_result, expected_status);                                                         \
        const char *run_text = (expected_status) == 0 ? run_result.output : run_result.errors;               \
        assert_holds(run_text != NULL ? run_text : "", part);                                                \
        run_clear(&run_result);                                                                              \
    } while (0)

static bool exists(const char *name)
{
    char path[600];
    struct stat facts;
    snprintf(path, sizeof path, "%s/%s", fixture.folder, name);
    return lstat(path, &facts) == 0;
}

/* ---- adding ------------------------------------------------------------------------------------------- */

static void add_takes_a_folder_under_its_name(void **state)
{
    (void)state;
    program_need_clips();
    ASSERT_RUN(0, "/reelvec/models/tiny-bytes\n", "model", "add", fixture.model);
    ASSERT_RUN(0, "/reelvec/models/tiny-bytes\n", "model", "add", fixture.model); // is there, and the same
    ASSERT_RUN(0, "name               tiny-bytes\n", "model", "info", "tiny-bytes");
    ASSERT_RUN(0, "\ntiny-bytes", "model", "list");
    RunResult here = RUN("model", "list", "--here", "--format", "csv");
    assert_status(&here, 0);
    assert_holds(here.output, "\r\ntiny-bytes,");
    assert_int_equal(count_in(here.output, "\r\n"), 2); // its titles and this one
    run_clear(&here);
    ASSERT_RUN(2, "there is a model of this name already", "model", "add", fixture.other_model, "--name",
               "tiny-bytes");
    ASSERT_RUN(0, "removed", "model", "remove", "tiny-bytes");
    ASSERT_RUN(1, "not here", "model", "remove", "tiny-bytes");
    assert_false(exists("reelvec/models/tiny-bytes"));
}

/* What a killed run left goes; what a run holds, and what may not have its lock yet, stays. */
static void add_sweeps_what_was_left(void **state)
{
    (void)state;
    program_need_clips();
    program_shell(
        "mkdir -p reelvec/models && cd reelvec/models && mkdir .adding-left .adding-held .adding-young && "
        "ln -s /dev/null .adding-left/config.json && touch -d 2001-01-01 .adding-left .adding-held");
    char held[600];
    snprintf(held, sizeof held, "%s/reelvec/models/.adding-held", fixture.folder);
    int lock = open(held, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
    ASSERT_RUN(0, "/reelvec/models/sweeper\n", "model", "add", "--name", "sweeper", fixture.model);
    close(lock);
    assert_false(exists("reelvec/models/.adding-left"));
    assert_true(exists("reelvec/models/.adding-held"));
    assert_true(exists("reelvec/models/.adding-young"));
    program_shell("rm -r reelvec/models");
}

/* The last tensor is of the picture side, which no text touches. */
static void add_refuses_weights_that_cannot_embed_pictures(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("cp -r '%s' damaged && cd damaged && size=$(stat -c %%s model.safetensors) && "
                  "head -c 64 /dev/zero | tr '\\0' '\\377' | "
                  "dd of=model.safetensors bs=1 seek=$((size - 64)) conv=notrunc 2>/dev/null",
                  fixture.model);
    ASSERT_RUN(1, "not finite", "model", "add", "damaged");
    assert_false(exists("reelvec/models/damaged"));
}

/* Downloads lie where everything else lies: what belongs to the weights comes along, nothing else does. */
static void add_takes_files_with_what_belongs_to_them(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("mkdir downloads && cp '%s'/* downloads/ && echo x > downloads/taxes.pdf && "
                  "cp downloads/model.safetensors downloads/other.bin",
                  fixture.model);
    ASSERT_RUN(0, "models/mine\n", "model", "add", "downloads/model.safetensors", "--name", "mine");
    assert_true(exists("reelvec/models/mine/config.json") && exists("reelvec/models/mine/vocab.json"));
    assert_false(exists("reelvec/models/mine/taxes.pdf") || exists("reelvec/models/mine/other.bin"));
    // Links leave the files where they are; removing takes the links only.
    ASSERT_RUN(0, "models/linked\n", "model", "add", "--link", "downloads/model.safetensors", "--name",
               "linked");
    program_shell("test -L reelvec/models/linked/model.safetensors");
    ASSERT_RUN(0, "", "model", "info", "linked");
    ASSERT_RUN(0, "removed", "model", "remove", "linked");
    assert_true(exists("downloads/model.safetensors"));
    // Files that lie in two folders.
    program_shell("mkdir apart && mv downloads/vocab.json downloads/merges.txt apart/");
    ASSERT_RUN(1, "vocab", "model", "add", "downloads/model.safetensors", "--name", "parts");
    ASSERT_RUN(0, "models/parts\n", "model", "add", "downloads/model.safetensors", "apart/vocab.json",
               "apart/merges.txt", "--name", "parts");
}

/* What was added is compared with what it was then. */
static void verify_knows_what_was_added(void **state)
{
    (void)state;
    program_need_clips();
    ASSERT_RUN(0, "", "model", "add", fixture.model, "--name", "kept");
    program_shell("grep -q '^file vocab.json [0-9a-f]* [0-9]* added$' reelvec/models/kept/fetched.txt");
    ASSERT_RUN(0, "kept: no faults; of ", "model", "verify", "kept");
    program_shell("echo ' ' >> reelvec/models/kept/config.json");
    ASSERT_RUN(1, "config.json: SHA-256 is ", "model", "verify", "kept");
    program_shell("rm reelvec/models/kept/config.json");
    ASSERT_RUN(1, "config.json: ", "model", "verify", "kept");
    program_shell("cp '%s'/config.json reelvec/models/kept/", fixture.model);
    ASSERT_RUN(0, "no faults", "model", "verify", "kept");
    // A link is compared too.
    program_shell("cp -r '%s' mine", fixture.model);
    ASSERT_RUN(0, "", "model", "add", "--link", "mine", "--name", "linked");
    ASSERT_RUN(0, "no faults", "model", "verify", "linked");
    program_shell("echo x >> mine/merges.txt");
    ASSERT_RUN(1, "not ", "model", "verify", "linked");
    // As older versions added it.
    program_shell("rm reelvec/models/kept/fetched.txt");
    ASSERT_RUN(1, "kept: added by hand; nothing to compare with", "model", "verify", "kept");
    ASSERT_RUN(1, "no-such: not a known model", "model", "verify", "no-such");
    ASSERT_RUN(0, "removed", "model", "remove", "kept");
    assert_false(exists("reelvec/models/kept"));
}

/* Not the one that lies beside the weights. */
static void add_takes_the_named_file(void **state)
{
    (void)state;
    program_need_clips();
    program_shell(
        "cp -r '%s' own && mkdir other third && sed 's/quick_gelu/gelu/g' own/config.json > other/config.json && "
        "cp own/config.json third/",
        fixture.model);
    ASSERT_RUN(0, "models/named\n", "model", "add", "own/model.safetensors", "other/config.json", "--name",
               "named");
    program_shell("cmp other/config.json reelvec/models/named/config.json");
    ASSERT_RUN(0, "\nactivation         gelu, of texts gelu\n", "model", "info", "named");
    ASSERT_RUN(2, "other/config.json and third/config.json: two files of one name; name one", "model", "add",
               "own/model.safetensors", "other/config.json", "third/config.json", "--name", "two");
    assert_false(exists("reelvec/models/two"));
    ASSERT_RUN(0, "models/twice\n", "model", "add", "own/model.safetensors", "other/config.json",
               "./other/config.json", "--name", "twice");
}

static void add_refuses_what_is_no_model(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("mkdir empty broken && cp '%s'/* broken/ && truncate -s 1000 broken/model.safetensors && "
                  "mkfifo pipe.safetensors && echo text > note.txt",
                  fixture.model);
    ASSERT_RUN(1, "empty: nothing in it belongs to a checkpoint", "model", "add", "empty");
    ASSERT_RUN(1, "broken/model.safetensors", "model", "add", "broken");
    ASSERT_RUN(1, "broken/model.safetensors", "model", "add", "broken/model.safetensors");
    ASSERT_RUN(1, "not a regular file", "model", "add", "pipe.safetensors");
    ASSERT_RUN(1, "no weights there", "model", "add", "note.txt");
    ASSERT_RUN(1, "/no/such: No such file", "model", "add", "/no/such");
    ASSERT_RUN(2, "a folder; give one folder, or the files of one model", "model", "add", fixture.model,
               "empty");
    ASSERT_RUN(1, "these are not its weights", "model", "add", fixture.model, "--name", "ViT-B/32");
    ASSERT_RUN(2, "cannot be a model's name", "model", "add", fixture.model, "--name", "../up");
    ASSERT_RUN(2, "cannot be a model's name", "model", "add", fixture.model, "--name", ".hidden");
    // Nothing of it stays.
    program_shell("test -z \"$(ls -A reelvec/models)\"");
}

/* Which of several is meant, nothing says. Files that a system hides are none of them. */
static void several_checkpoints_in_a_folder_are_refused(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("mkdir several && cp '%s'/*.json '%s'/merges.txt several/ && "
                  "cp '%s'/model.safetensors several/b.pt && cp several/b.pt several/a.pth && "
                  "cp several/b.pt several/._b.pt",
                  fixture.model, fixture.model, fixture.model);
    ASSERT_RUN(2, "several: holds 2 checkpoints, a.pth and b.pt; name one of them", "model", "add",
               "several");
    ASSERT_RUN(2, "several: holds 2 checkpoints, a.pth and b.pt; name one of them", "model", "add",
               "several/a.pth", "several/b.pt");
    ASSERT_RUN(2, "several: holds 2 checkpoints, a.pth and b.pt; name one of them", "model", "info",
               "several");
    ASSERT_RUN(2, "several: holds 2 checkpoints, a.pth and b.pt; name one of them", "inspect", "tokens", "a",
               "--model", "several");
    assert_false(exists("reelvec/models/several"));
    ASSERT_RUN(0, "", "model", "info", "several/a.pth");
    ASSERT_RUN(0, "models/one", "model", "add", "several/a.pth", "--name", "one");
    assert_true(exists("reelvec/models/one/a.pth"));
    assert_false(exists("reelvec/models/one/b.pt"));
    program_shell("rm several/b.pt");
    ASSERT_RUN(0, "", "model", "info", "several");
    ASSERT_RUN(0, "", "model", "remove", "one");
}

/* A known name is for known weights; where nothing is known, for what looks like them, and it is said so. */
static void add_gives_known_names_with_care(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("cp -r '%s' clip-vit-base-patch32", fixture.model);
    ASSERT_RUN(0, "clip-vit-base-patch32-", "model", "add", "clip-vit-base-patch32");
}

static void add_takes_weights_of_the_known_shape(void **state)
{
    char shaped[1024];
    (void)state;
    if (getenv("REELVEC_SLOW_TESTS") == NULL) {
        print_message("set REELVEC_SLOW_TESTS=1 for a checkpoint of ViT-B/32's size\n");
        skip();
    }
    if (!known_checkpoint_ensure("vitb32-bytes", shaped, sizeof shaped))
        skip();
    RunResult result = RUN("model", "add", "--link", shaped, "--name", "vit-b/32");
    assert_status(&result, 0);
    assert_holds(result.output, "ViT-B/32: ");
    assert_holds(result.errors, "warning: no SHA-256 is known of ViT-B/32 in this form");
    run_clear(&result);
    ASSERT_RUN(0, "name               ViT-B/32\n", "model", "info");
}

/* ---- remembering -------------------------------------------------------------------------------------- */

/* The library that every test begins with, made with a model that is named once. */
static void make_library(const char *model)
{
    ASSERT_RUN(0, "12 new (complete)", "index", fixture.clip, "-l", "l.db", "-m", model);
}

static void search_uses_the_librarys_model(void **state)
{
    (void)state;
    program_need_clips();
    make_library(fixture.model);
    ASSERT_RUN(0, "score", "search", "a", "-l", "l.db");
    ASSERT_RUN(0, " 1\n", "sql", "-l", "l.db", "SELECT count(embed_text('a'))");
    // index goes on with it, and says so, for it is not the usual one.
    RunResult result = RUN("index", fixture.clip, "-l", "l.db", "--force");
    assert_status(&result, 0);
    assert_holds(result.errors, "the library's own model: tiny-bytes");
    run_clear(&result);
    // Who names a model is obeyed, and told.
    ASSERT_RUN(1, "where --model, REELVEC_MODEL and the settings name none, it is found by itself", "search",
               "a", "-l", "l.db", "-m", fixture.other_model);
    setenv("REELVEC_MODEL", fixture.other_model, 1);
    ASSERT_RUN(1, "pass the model that made it", "search", "a", "-l", "l.db");
    // A name that was left in a variable is not to be fetched for a library of another model.
    setenv("REELVEC_MODEL", "ViT-B/32", 1);
    ASSERT_RUN(1, "ViT-B/32: not here, and l.db holds embeddings of tiny-bytes", "search", "a", "-l", "l.db");
    ASSERT_RUN(1, "ViT-B/32: not here, and l.db holds embeddings of tiny-bytes", "index", fixture.clip, "-l",
               "l.db");
    unsetenv("REELVEC_MODEL");
    // Copies remember too.
    ASSERT_RUN(0, "", "export", "-l", "l.db", "--to", "copy.db");
    ASSERT_RUN(0, "score", "search", "a", "-l", "copy.db");
    ASSERT_RUN(0, "model from         ", "info", "-l", "copy.db");
}

static void search_finds_a_model_that_has_moved(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("cp -r '%s' here", fixture.model);
    make_library("here");
    program_shell("mv here there");
    ASSERT_RUN(1, "l.db: made with the model here (weights ", "search", "a", "-l", "l.db");
    ASSERT_RUN(0, "score", "search", "a", "-l", "l.db", "-m", "there");
    // Another model in its place is not taken for it.
    program_shell("cp -r '%s' here", fixture.other_model);
    ASSERT_RUN(1, "l.db: made with the model here", "search", "a", "-l", "l.db");
    // In the models folder it is found by its weights, whatever it is called.
    ASSERT_RUN(0, "", "model", "add", "there", "--name", "renamed");
    ASSERT_RUN(0, "score", "search", "a", "-l", "l.db");
}

/* What a stranger's library says of places is a hint: nothing but regular files and folders is looked at, and
 * nothing but the library's own weights is used. */
static void search_reads_no_strange_places(void **state)
{
    static const char *const places[] = {
        "http://127.0.0.1:9/model", "pipe", "/dev/zero", "/proc/self/mem", "relative", "", "/etc/passwd",
    };
    (void)state;
    program_need_clips();
    program_shell("cp -r '%s' here && mkfifo pipe", fixture.model);
    make_library("here");
    program_shell("cp -r here relative && rm -r here");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char sql[800];
        snprintf(sql, sizeof sql, "UPDATE library_notes SET value = '%s%s%s'",
                 strcmp(places[i], "pipe") == 0 ? fixture.folder : "",
                 strcmp(places[i], "pipe") == 0 ? "/" : "", places[i]);
        ASSERT_RUN(0, "", "sql", "-l", "l.db", "--write", sql);
        ASSERT_RUN(1, "l.db: made with the model here", "search", "a", "-l", "l.db");
    }
    // The right model, in a folder of the kernel's that is named in another way.
    char folder[64], sql[200];
    snprintf(folder, sizeof folder, "/dev/shm/reelvec-test-%ld", (long)getpid());
    program_shell("cp -r relative %s", folder);
    snprintf(sql, sizeof sql, "UPDATE library_notes SET value = '/tmp/..%s'", folder);
    ASSERT_RUN(0, "", "sql", "-l", "l.db", "--write", sql);
    RunResult result = RUN("search", "a", "-l", "l.db");
    program_shell("rm -r %s", folder);
    assert_status(&result, 1);
    run_clear(&result);
}

/* Known weights that are not here: the name to fetch is theirs, whatever the library calls them. */
static void search_names_the_librarys_model(void **state)
{
    (void)state;
    program_need_clips();
    make_library(fixture.model);
    ASSERT_RUN(0, "", "sql", "-l", "l.db", "--write",
               "UPDATE library SET model_name = 'ViT-B/32', weights_sha256 = "
               "'ac4f8c4b88af6d963118cbf40ad93176d092abbedfcb752601ae1866352656e6'");
    ASSERT_RUN(1, "fetch it with `reelvec model fetch ViT-B/32-laion2B`", "search", "a", "-l", "l.db");
}

/* ---- telling ------------------------------------------------------------------------------------------ */

static size_t widest_line(const char *text)
{
    size_t widest = 0;
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, "Models are kept in ", 19) != 0) // a path is as long as it is
            widest = length > widest ? length : widest;
        line += length + (line[length] == '\n');
    }
    return widest;
}

static void list_fits_a_terminal_and_names_its_sources(void **state)
{
    (void)state;
    program_need_clips();
    program_shell(
        "mkdir -p reelvec/models/siglip2-base-patch16-224 && cd reelvec/models/siglip2-base-patch16-224 "
        "&& echo abc > tokenizer.json && truncate -s 1500000000 model.safetensors");
    RunResult result = RUN("model", "list");
    assert_status(&result, 0);
    assert_true(widest_line(result.output) <= 80);
    assert_holds(result.output,
                 "\nViT-B/32                512  224  en    609 MB   30.4 a  63.3  MIT          no\n");
    assert_holds(result.output, "\nSigLIP2-B/16-224        768  224  many  1.5 GB   52.1 b");
    assert_holds(result.output, "  b  google-research/big_vision: README_siglip2.md\n");
    assert_holds(result.output, "  *  its tokenizer is Gemma's");
    run_clear(&result);
    result = RUN("model", "list", "--format", "json");
    assert_status(&result, 0);
    assert_holds(result.output,
                 "\"size_about_bytes\": 1792000000, \"disk_bytes\": 0, \"licence\": \"Apache-2.0\", "
                 "\"licence_note\": \"\", \"coco\": 50.9, \"coco_cn\": null, \"msrvtt\": 47.6, "
                 "\"imagenet\": 78.4, \"accuracy_source\": \"facebookresearch/");
    assert_holds(result.output, "\"disk_bytes\": 1500000004,");
    run_clear(&result);
    program_shell("rm -r reelvec/models/siglip2-base-patch16-224");
}

static void info_tells_what_is_missing(void **state)
{
    (void)state;
    program_need_clips();
    ASSERT_RUN(0, "\nmissing            nothing\n", "model", "info", fixture.model);
    ASSERT_RUN(0, "\"text_pooling\": \"end token\"", "model", "info", fixture.model, "--format", "json");
    program_shell("mkdir part && cp '%s'/config.json part/ && cp '%s'/vocab.json part/", fixture.model,
                  fixture.model);
    RunResult result = RUN("model", "info", "part");
    assert_status(&result, 1);
    assert_holds(result.output, "weights            none\nsettings           config.json (");
    assert_holds(result.output, "vocabulary         vocab.json (");
    assert_holds(result.errors, "no checkpoint in this folder");
    run_clear(&result);
    program_shell("cp '%s'/model.safetensors part/", fixture.model);
    ASSERT_RUN(0, "\nmissing            part: no vocabulary beside the weights", "model", "info", "part");
    ASSERT_RUN(0, "\"missing\": \"part: no vocabulary", "model", "info", "part", "--format", "json");
    ASSERT_RUN(1, "", "model", "info", "no/such/model");
}

/* Files of which nobody stated a digest are taken as they came: whether they are the model shows when it is opened. */
static void fetch_opens_what_is_there(void **state)
{
    (void)state;
    program_need_clips();
    char model[2048];
    assert_true(known_checkpoint_ensure("tiny-openclip-bytes", model, sizeof model));
    setenv("HF_ENDPOINT", "http://127.0.0.1:9", 1); // nothing is to be asked for
    program_shell(
        "folder=reelvec/models/CLIP-ViT-B-32-xlm-roberta-base-laion5B-s13B-b90k && mkdir -p $folder && "
        "cp '%s'/* $folder/ && echo x > $folder/sentencepiece.bpe.model",
        model);
    ASSERT_RUN(1,
               "embeddings of 96 dimensions, pictures of 64 pixels; the list says 512 and 224; "
               "`reelvec model remove XLM-R-B/32`, then fetch it again",
               "model", "fetch", "XLM-R-B/32");
    program_shell("cd reelvec/models/CLIP-ViT-B-32-xlm* && echo '<html></html>' > open_clip_config.json");
    ASSERT_RUN(1, "XLM-R-B/32: what came is not this model: ", "model", "fetch", "XLM-R-B/32");
    ASSERT_RUN(1, "/open_clip_config.json: line 1: ", "model", "fetch", "XLM-R-B/32");
    ASSERT_RUN(0, "removed", "model", "remove", "XLM-R-B/32");
    unsetenv("HF_ENDPOINT");
}

/* Before the work of hours, not at the first search. */
static void index_says_that_a_model_reads_no_texts(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("cp -r '%s' mute && chmod -R u+w mute && rm -f mute/merges.txt", fixture.model);
    for (int turn = 0; turn < 2; turn++) {
        RunResult result = RUN("index", fixture.clip, "-l", "mute.db", "-m", turn ? fixture.model : "mute");
        assert_status(&result, 0);
        const char *at = strstr(result.errors, "warning: the model cannot read texts");
        assert_true((at != NULL) == (turn == 0));
        if (turn == 0) {
            assert_holds(at, ": mute: no vocabulary beside the weights");
            assert_null(strstr(at + 40, "cannot read texts")); // once
        }
        run_clear(&result);
    }
}

static void doctor_looks_for_the_model_of_the_library(void **state)
{
    (void)state;
    program_need_clips();
    ASSERT_RUN(0, "", "index", "--quiet", "--library", "doctor.db", "--model", fixture.model, fixture.clip);
    ASSERT_RUN(0, "model       tiny-bytes: /", "doctor", "--library", "doctor.db");
    ASSERT_RUN(0, "model       ViT-B/32: not here", "doctor"); // there is no library that says another one
    RunResult result = RUN("doctor", "--library", "doctor.db", "--model", "ViT-L/14");
    assert_status(&result, 1);
    assert_holds(result.output, "model       ViT-L/14: not here");
    assert_holds(result.output, "doctor.db: 1 video\n");
    run_clear(&result);
    program_shell("rm doctor.db*");
}

/* Without a vocabulary it embeds pictures; with a broken one it was not fetched whole. */
static void doctor_opens_the_vocabulary(void **state)
{
    (void)state;
    program_shell("cp -r '%s' mute && rm mute/merges.txt && cp -r '%s' torn && echo x >>torn/merges.txt",
                  fixture.model, fixture.model);
    ASSERT_RUN(0, "\ntexts       mute: no vocabulary", "doctor", "--model", "mute");
    RunResult result = RUN("doctor", "--model", "torn");
    assert_status(&result, 1);
    assert_holds(result.output, "\ntexts       torn/vocab.json: merge 1 is not two symbols\n");
    run_clear(&result);
    result = RUN("doctor", "--model", fixture.model);
    assert_status(&result, 0);
    assert_null(strstr(result.output, "\ntexts"));
    run_clear(&result);
}

/* Whichever way it was named, and whether it is here or not. */
static void doctor_compares_the_named_model_with_the_librarys(void **state)
{
    (void)state;
    program_need_clips();
    ASSERT_RUN(0, "", "index", "--quiet", "--library", "doctor.db", "--model", fixture.model, fixture.clip);
    ASSERT_RUN(0, "model       tiny-bytes: /", "doctor", "--library", "doctor.db", "--model", fixture.model);
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 1)
            setenv("REELVEC_MODEL", fixture.other_model, 1);
        RunResult result = turn == 1
                               ? RUN("doctor", "--library", "doctor.db")
                               : RUN("doctor", "--library", "doctor.db", "--model", fixture.other_model);
        assert_status(&result, 1);
        assert_holds(result.output, "model       tiny-f16-bytes: /");
        assert_holds(result.output, "\nlibrary     doctor.db: 1 video\n");
        assert_holds(result.output,
                     "\nlibrary     doctor.db: holds embeddings of tiny-bytes (96 dimensions, ");
        assert_holds(result.output, ", the model is tiny-f16-bytes (96 dimensions, weights ");
        assert_holds(result.output, "; use another library or pass the model that made it; ");
        run_clear(&result);
    }
    ASSERT_RUN(0, "model       tiny-f16-bytes: /", "doctor"); // there is no library to compare it with
    setenv("REELVEC_MODEL", "ViT-L/14", 1);
    RunResult result = RUN("doctor", "--library", "doctor.db");
    assert_status(&result, 1);
    assert_holds(result.output,
                 "ViT-L/14: not here, and doctor.db holds embeddings of tiny-bytes; use another");
    run_clear(&result);
    unsetenv("REELVEC_MODEL");
    program_shell("rm doctor.db*");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(add_takes_a_folder_under_its_name),
        CASE(add_sweeps_what_was_left),
        CASE(add_refuses_weights_that_cannot_embed_pictures),
        CASE(add_takes_files_with_what_belongs_to_them),
        CASE(verify_knows_what_was_added),
        CASE(add_takes_the_named_file),
        CASE(add_refuses_what_is_no_model),
        CASE(several_checkpoints_in_a_folder_are_refused),
        CASE(add_gives_known_names_with_care),
        CASE(add_takes_weights_of_the_known_shape),
        CASE(search_uses_the_librarys_model),
        CASE(search_finds_a_model_that_has_moved),
        CASE(search_reads_no_strange_places),
        CASE(search_names_the_librarys_model),
        CASE(list_fits_a_terminal_and_names_its_sources),
        CASE(info_tells_what_is_missing),
        CASE(index_says_that_a_model_reads_no_texts),
        CASE(fetch_opens_what_is_there),
        CASE(doctor_looks_for_the_model_of_the_library),
        CASE(doctor_opens_the_vocabulary),
        CASE(doctor_compares_the_named_model_with_the_librarys),
    };
    return cmocka_run_group_tests_name("cli/models", tests, NULL, NULL);
}
