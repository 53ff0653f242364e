/* SPDX-License-Identifier: MIT */
/* reelvec model list: the known models with what helps to choose, and which of them are here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/folder_size.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/text.h"

#define SOURCES_MAX 26 // of figures; each has a letter

typedef struct ListSettings {
    CliCommon common;
    int format;
    bool here;
} ListSettings;

static const CliOption list_options[] = {
    {.name = "here",
     .help = "only those that are on this machine",
     .kind = CLI_FLAG,
     .offset = offsetof(ListSettings, here)},
    CLI_OPTION_FORMAT(ListSettings),
};

/* For people: fits into 80 columns. */
static const Column table_columns[] = {
    {"name", "name", COLUMN_TEXT},      {"dimensions", "dim", COLUMN_WHOLE},
    {"image_size", "px", COLUMN_WHOLE}, {"languages", "text", COLUMN_TEXT},
    {"size", "size", COLUMN_TEXT},      {"coco", "COCO", COLUMN_TEXT},
    {"imagenet", "INet", COLUMN_TEXT},  {"licence", "licence", COLUMN_TEXT},
    {"here", "here", COLUMN_TEXT},
};
#define TABLE_COLUMN_COUNT (sizeof table_columns / sizeof table_columns[0])

/* For programs: all that is known. */
static const Column data_columns[] = {
    {"name", NULL, COLUMN_TEXT},
    {"dimensions", NULL, COLUMN_WHOLE},
    {"image_size", NULL, COLUMN_WHOLE},
    {"languages", NULL, COLUMN_TEXT},
    {"size", NULL, COLUMN_TEXT},
    {"checked", NULL, COLUMN_TEXT},
    {"fetched", NULL, COLUMN_FLAG},
    {"known", NULL, COLUMN_FLAG},
    {"repository", NULL, COLUMN_TEXT},
    {"url", NULL, COLUMN_TEXT},
    {"sha256", NULL, COLUMN_TEXT},
    {"size_bytes", NULL, COLUMN_WHOLE},
    {"path", NULL, COLUMN_TEXT},
    {"revision", NULL, COLUMN_TEXT},
    {"size_about_bytes", NULL, COLUMN_WHOLE},
    {"disk_bytes", NULL, COLUMN_WHOLE},
    {"licence", NULL, COLUMN_TEXT},
    {"licence_note", NULL, COLUMN_TEXT},
    {"coco", NULL, COLUMN_VALUE},
    {"coco_cn", NULL, COLUMN_VALUE},
    {"msrvtt", NULL, COLUMN_VALUE},
    {"imagenet", NULL, COLUMN_VALUE},
    {"accuracy_source", NULL, COLUMN_TEXT},
    {"msrvtt_source", NULL, COLUMN_TEXT},
};
#define DATA_COLUMN_COUNT (sizeof data_columns / sizeof data_columns[0])

/* A list that is being written. */
typedef struct List {
    Output output;
    bool is_table, only_here;
    const char *sources[SOURCES_MAX]; // of the figures, in the order of their letters
    size_t source_count;
    const char *note; // of a licence
} List;

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* Returns the letter of a source of figures. */
static char letter_of(List *list, const char *source)
{
    size_t index = 0;
    while (index < list->source_count && strcmp(list->sources[index], source) != 0)
        index++;
    if (index == list->source_count && index < SOURCES_MAX)
        list->sources[list->source_count++] = source;
    return (char)('a' + (index < SOURCES_MAX ? index : SOURCES_MAX - 1));
}

static const char *short_language(const char *languages)
{
    static const char *const known[][2] = {{"English", "en"}, {"Chinese", "zh"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(languages, known[i][0]) == 0)
            return known[i][1];
    }
    return languages;
}

/* A figure that was not published is null. */
static Cell figure(double percent, char text[16])
{
    snprintf(text, 16, "%.1f", percent);
    return percent > 0 ? (Cell){.kind = CELL_REAL, .real = percent, .text = text} : (Cell){.kind = CELL_NULL};
}

static void write_size(const RvKnownModel *model, int64_t disk_bytes, char *text, size_t size_bytes)
{
    bool known = disk_bytes > 0 || model->size_bytes > 0;
    uint64_t value = disk_bytes > 0 ? (uint64_t)disk_bytes : model->size_about_bytes;
    text[0] = '~';
    cli_text_bytes((int64_t)value, text + !known, size_bytes - 1);
}

/* A model with what is known of it here. */
typedef struct Listed {
    const RvKnownModel *known; // zeroed for an added one
    const char *name, *path;   // path: empty if it is not here
    const char *state;         // "yes", "no", "added", "broken"
    const char *checked;
    int dimensions, image_size;
    int64_t disk_bytes;
    char size[32];
} Listed;

static bool write_for_people(List *list, const Listed *model)
{
    const RvKnownModel *known = model->known;
    char first[16] = "", second[16] = "", licence[64] = "";
    double recall = known->coco_recall > 0 ? known->coco_recall : known->coco_cn_recall;
    if (recall > 0)
        snprintf(first, sizeof first, "%.1f %c", recall, letter_of(list, known->accuracy_source));
    if (known->imagenet_accuracy > 0)
        snprintf(second, sizeof second, "%.1f", known->imagenet_accuracy);
    if (known->licence_note != NULL)
        list->note = known->licence_note;
    if (known->licence != NULL)
        snprintf(licence, sizeof licence, "%s%s", known->licence, known->licence_note != NULL ? "*" : "");
    const Cell cells[TABLE_COLUMN_COUNT] = {
        {.text = model->name},
        {.whole = model->dimensions},
        {.whole = model->image_size},
        {.text = known->languages != NULL ? short_language(known->languages) : "?"},
        {.text = model->size},
        {.text = first},
        {.text = second},
        {.text = licence},
        {.text = model->state},
    };
    return cli_output_row(&list->output, cells);
}

static bool write_for_programs(List *list, const Listed *model)
{
    const RvKnownModel *known = model->known;
    char figures[4][16], size[32] = "?";
    if (known->size_bytes > 0)
        cli_text_bytes((int64_t)known->size_bytes, size, sizeof size);
    const Cell cells[DATA_COLUMN_COUNT] = {
        {.text = model->name},
        {.whole = model->dimensions},
        {.whole = model->image_size},
        {.text = known->languages != NULL ? known->languages : "?"},
        {.text = size},
        {.text = model->checked},
        {.whole = model->path[0] != '\0'},
        {.whole = known->name != NULL},
        {.text = or_empty(known->repository)},
        {.text = or_empty(known->weights_url)},
        {.text = or_empty(known->weights_sha256)},
        {.whole = (int64_t)known->size_bytes},
        {.text = model->path},
        {.text = or_empty(known->revision)},
        {.whole = (int64_t)known->size_about_bytes},
        {.whole = model->disk_bytes},
        {.text = or_empty(known->licence)},
        {.text = or_empty(known->licence_note)},
        figure(known->coco_recall, figures[0]),
        figure(known->coco_cn_recall, figures[1]),
        figure(known->msrvtt_recall, figures[2]),
        figure(known->imagenet_accuracy, figures[3]),
        {.text = or_empty(known->accuracy_source)},
        {.text = or_empty(known->msrvtt_source)},
    };
    return cli_output_row(&list->output, cells);
}

static bool write_model(List *list, const Listed *model)
{
    return list->is_table ? write_for_people(list, model) : write_for_programs(list, model);
}

static bool list_known(List *list, const RvKnownModel *known)
{
    char path[4096] = "";
    bool here = rv_model_find(known->name, path, sizeof path, NULL) == RV_OK;
    if (list->only_here && !here)
        return true;
    Listed model = {
        .known = known,
        .name = known->name,
        .path = here ? path : "",
        .state = here ? "yes" : "no",
        .checked = known->weights_sha256 != NULL ? "SHA-256" : "not pinned",
        .dimensions = known->dimensions,
        .image_size = known->image_size,
        .disk_bytes = here ? cli_folder_size(path) : 0,
    };
    write_size(known, model.disk_bytes, model.size, sizeof model.size);
    return write_model(list, &model);
}

/* A model that was added is opened for its facts. If it cannot be opened, it is listed without them. */
static bool list_added(void *user, const char *name, const char *path)
{
    static const RvKnownModel nothing;
    RvEncoder *encoder = NULL;
    RvEncoderOptions options = {.thread_count = 1, .device = "cpu"};
    bool opens = rv_encoder_open(path, &options, &encoder, NULL) == RV_OK;
    const RvModelInfo *info = opens ? rv_encoder_info(encoder) : NULL;
    Listed model = {
        .known = &nothing,
        .name = name,
        .path = path,
        .state = opens ? "added" : "broken",
        .checked = opens ? "added" : "broken",
        .dimensions = opens ? info->dimensions : 0,
        .image_size = opens ? info->image_size : 0,
        .disk_bytes = cli_folder_size(path),
    };
    cli_text_bytes(model.disk_bytes, model.size, sizeof model.size);
    bool good = write_model(user, &model);
    rv_encoder_close(encoder);
    return good;
}

/* Print a line behind `start`, wrapped on a terminal. */
static void print_note(const char *start, const char *text)
{
    printf("%s", start);
    char *clean = cli_text_clean(text);
    const char *shown = clean != NULL ? clean : "?";
    size_t indent = start[0] == ' ' ? strlen(start) : 0;
    cli_print_wrapped(stdout, shown, strlen(shown), strlen(start), indent, cli_terminal_columns(stdout));
    free(clean);
}

/* What the table's figures and signs mean. */
static void print_legend(const List *list)
{
    char folder[4096], kept[4200];
    putchar('\n');
    print_note("", "COCO: of 100 captions so many find their picture first (Chinese-CLIP: COCO-CN).");
    print_note("", "INet: of ImageNet's pictures so many get their class, without training. By:");
    for (size_t i = 0; i < list->source_count; i++)
        print_note((char[]){' ', ' ', (char)('a' + i), ' ', ' ', '\0'}, list->sources[i]);
    if (list->note != NULL)
        print_note("  *  ", list->note);
    print_note("  ~  ", "computed from the model's shape");
    if (rv_model_folder(folder, sizeof folder, NULL) != RV_OK)
        return;
    snprintf(kept, sizeof kept, "Models are kept in %s", folder);
    print_note("", kept);
}

static int run_list(const CliCommand *command, void *user, const CliValues *values)
{
    ListSettings *settings = user;
    const RvKnownModel *model;
    List list = {.is_table = settings->format == OUTPUT_TABLE, .only_here = settings->here};
    bool good =
        list.is_table
            ? cli_output_begin(&list.output, settings->format, table_columns, TABLE_COLUMN_COUNT, stdout)
            : cli_output_begin(&list.output, settings->format, data_columns, DATA_COLUMN_COUNT, stdout);
    for (size_t i = 0; good && (model = rv_model_known(i)) != NULL; i++)
        good = list_known(&list, model);
    if (good)
        rv_model_each_added(list_added, &list, NULL);
    good = (!list.is_table || list.output.state != NULL) && cli_output_end(&list.output) && good;
    if (good && list.is_table)
        print_legend(&list);
    return good ? CLI_DONE : cli_fail_memory();
}

const CliCommand cli_command_model_list = {
    .name = "model list",
    .arguments = "",
    .summary = "the known models, those that were added, and which of them are here",
    .description =
        "Lists the models that `reelvec model fetch` knows, and those that `reelvec model add` put beside them. "
        "Every one of them is a name for --model; the repository at Hugging Face (in --format json) is one "
        "too.\n"
        "Size: on the disk, or what there is to fetch. Text: the languages that a model was trained with (en, "
        "zh, many). Accuracy is what others measured and published; the letter says who. --format json has "
        "all that is known, also the figures for videos (MSR-VTT), commits, addresses and where models lie.\n"
        "Any other checkpoint of these families works too: give its folder or weight file as --model.",
    .examples = "  reelvec model list\n"
                "  reelvec model list --here\n"
                "  reelvec model list --format json\n",
    CLI_OPTIONS(ListSettings, list_options),
    .run = run_list,
};
