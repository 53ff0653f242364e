/* SPDX-License-Identifier: MIT */
/* Command line options: one table per command drives parsing and help. */
#ifndef RV_CLI_OPTIONS_H
#define RV_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/encoder.h"

#define CLI_MAX_OPTIONS 64

/* A number that may be omitted. */
typedef struct CliReal {
    bool given;
    double value;
} CliReal;

typedef enum CliOptionKind {
    CLI_FLAG,   // bool
    CLI_TEXT,   // const char *; not empty
    CLI_WHOLE,  // int within the bounds
    CLI_REAL,   // CliReal within the bounds
    CLI_TIME,   // CliReal; seconds, or h:mm:ss
    CLI_CHOICE, // int; number of the word in `choices`
    CLI_LIST,   // may be repeated; stored in order in CliValues, not in the settings
} CliOptionKind;

typedef struct CliOption {
    const char *name;
    char letter;          // 0 for none
    const char *argument; // as shown in the help; NULL for flags; "[=T]" if it is optional (CLI_REAL, CLI_CHOICE)
    const char *help;
    CliOptionKind kind;
    size_t offset; // of the field in the command's settings
    double min, max;
    const char *choices; // "table|json|csv"; an empty first word means that the option was not given
    bool once;           // CLI_TEXT: refuse a second one, if users would expect both to count
} CliOption;

/* Options of kind CLI_LIST and plain arguments (option NULL), in the order of the command line. */
typedef struct CliValue {
    const CliOption *option;
    const char *value;
} CliValue;

typedef struct CliValues {
    CliValue *items;
    size_t count;
    size_t argument_count; // number of items without option
    bool help;             // --help was given; nothing after it was read
    uint64_t given;        // bit i: option i of the table is on the command line
    char **owned;          // texts that were made for values
    size_t owned_count;
    const char *unknown;   // the long name, without dashes, that was refused because the table does not have it
} CliValues;

/* Settings with which most commands begin. */
typedef struct CliCommon {
    const char *library, *model;
    int thread_count;
    int precision; // RvPrecision: the words of CLI_OPTION_PRECISION are in its order
    const char *device;
    bool quiet;
} CliCommon;

#define CLI_OPTION_LIBRARY(Type)                                                                             \
    {                                                                                                        \
        .name = "library", .letter = 'l', .argument = "URI",                                                 \
        .help = "the library, a file (REELVEC_LIBRARY, else the user's data folder)", .kind = CLI_TEXT,      \
        .offset = offsetof(Type, common.library)                                                             \
    }
#define CLI_OPTION_MODEL(Type)                                                                               \
    {                                                                                                        \
        .name = "model", .letter = 'm', .argument = "MODEL",                                                 \
        .help = "a model's name, or a checkpoint (REELVEC_MODEL, else the library's own, else ViT-B/32)",    \
        .kind = CLI_TEXT, .offset = offsetof(Type, common.model)                                             \
    }
#define CLI_OPTION_THREADS(Type)                                                                             \
    {                                                                                                        \
        .name = "threads", .argument = "N", .help = "threads to use (one per core)", .kind = CLI_WHOLE,      \
        .offset = offsetof(Type, common.thread_count), .min = 1, .max = RV_THREADS_MAX                       \
    }
#define CLI_PRECISIONS "auto|float32|fast"
#define CLI_OPTION_PRECISION(Type)                                                                           \
    {                                                                                                        \
        .name = "precision", .argument = "P",                                                                \
        .help = "of pictures: fast, float32, auto: fast where it is faster (REELVEC_PRECISION)",             \
        .kind = CLI_CHOICE, .offset = offsetof(Type, common.precision), .choices = CLI_PRECISIONS            \
    }
#define CLI_OPTION_DEVICE(Type)                                                                              \
    {                                                                                                        \
        .name = "device", .argument = "D",                                                                   \
        .help = "for pictures: cpu, cuda, cuda:N, auto: CUDA where it works (REELVEC_DEVICE)",               \
        .kind = CLI_TEXT, .offset = offsetof(Type, common.device)                                            \
    }
#define CLI_OPTION_NO_EXIF_ROTATION(Type)                                                                    \
    {                                                                                                        \
        .name = "no-exif-rotation",                                                                          \
        .help = "take pictures as they are stored, not upright by their EXIF orientation", .kind = CLI_FLAG, \
        .offset = offsetof(Type, no_exif_rotation)                                                           \
    }
/* Of commands that search too. */
#define CLI_OPTION_SEARCH_DEVICE(Type)                                                                       \
    {                                                                                                        \
        .name = "device", .argument = "D",                                                                   \
        .help = "cuda, cuda:N: embed pictures and search on that GPU; cpu; auto: pictures by CUDA where it " \
                "works (REELVEC_DEVICE), search by the processor",                                           \
        .kind = CLI_TEXT, .offset = offsetof(Type, common.device)                                            \
    }
/* Of commands that read a list of moments. */
#define CLI_OPTION_MOMENTS_VIDEO(Type)                                                                       \
    {                                                                                                        \
        .name = "video", .argument = "FILE", .help = "the video of moments that name none",                  \
        .kind = CLI_TEXT, .offset = offsetof(Type, video), .once = true                                      \
    }
#define CLI_OPTION_VIDEOS(Type)                                                                              \
    {                                                                                                        \
        .name = "video", .argument = "VIDEO",                                                                \
        .help = "only this video, or those of a pattern like 'talks/*'", .kind = CLI_TEXT,                   \
        .offset = offsetof(Type, video), .once = true                                                        \
    }
#define CLI_OPTION_BATCH(Type)                                                                               \
    {                                                                                                        \
        .name = "batch", .argument = "N",                                                                    \
        .help = "frames per batch and transaction, at most 256 (16; on a GPU what it takes at once)",        \
        .kind = CLI_WHOLE, .offset = offsetof(Type, batch), .min = 1, .max = RV_INDEX_BATCH_MAX              \
    }
#define CLI_OPTION_EXACT_PIXELS(Type)                                                                        \
    {                                                                                                        \
        .name = "exact-pixels",                                                                              \
        .help = "convert colours at full size before resizing: slower, as for still pictures",               \
        .kind = CLI_FLAG, .offset = offsetof(Type, exact_pixels)                                             \
    }
#define CLI_OPTION_QUIET(Type)                                                                               \
    {                                                                                                        \
        .name = "quiet", .letter = 'q', .help = "neither progress nor warnings", .kind = CLI_FLAG,           \
        .offset = offsetof(Type, common.quiet)                                                               \
    }
#define CLI_OPTION_FORMAT(Type)                                                                              \
    {                                                                                                        \
        .name = "format", .letter = 'f', .argument = "FORMAT",                                               \
        .help = "table, json (one object per line) or csv", .kind = CLI_CHOICE,                              \
        .offset = offsetof(Type, format), .choices = "table|json|csv"                                        \
    }

/* Parse the command line; argv[0] is skipped. Call cli_values_clear in any case. Errors: ARGUMENT with a
 * message (without the program's name) if the command line is wrong, MEMORY. */
RvStatus cli_options_parse(const CliOption *options, size_t option_count, int argc, char **argv,
                           void *settings, CliValues *values, RvError *err);
void cli_values_clear(CliValues *values);

/* Take one more value for an option, as if it stood on the command line; text is NULL for flags and where an optional
 * value is left out. The settings or the values borrow it. Errors: ARGUMENT with a message, MEMORY. */
RvStatus cli_option_take(const CliOption *option, const char *text, void *settings, CliValues *values,
                         RvError *err);

/* Returns the n-th plain argument, or NULL after the last. */
const char *cli_values_argument(const CliValues *values, size_t index);

/* Fill in err and return the status. */
RvStatus cli_error(RvError *err, RvStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
