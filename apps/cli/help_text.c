/* SPDX-License-Identifier: MIT */
/* What --help and the manual pages say besides the tables of the commands. */
#include "help_text.h"

#include <stddef.h>

const char cli_about[] =
    "Finds moments in videos by what they show. It takes a frame every second, turns it into "
    "a CLIP embedding, keeps embedding and picture in a library, and answers queries of text, "
    "images, or both, with frames.";

const char cli_first_steps[] = "  reelvec model fetch ViT-B/32\n"
                               "  reelvec index holiday.mp4\n"
                               "  reelvec search \"a dog on the beach\" --sheet dogs.png\n";

const char cli_streams[] = "Results go to stdout, everything else to stderr.";

const char cli_settings[] =
    "It is TOML: options by their long names (library = \"~/videos.db\"), in a table those of one "
    "command ([search] and top = 10, [index] and exclude = [\"*.part\"]). A command takes "
    "them where neither its options nor a variable says otherwise.";

const CliHelpEntry cli_exit_statuses[] = {
    {"0", "done"},
    {"1", "failed"},
    {"2", "wrong usage"},
    {"3", "done in part: some inputs failed, each is named on stderr"},
    {"130", "interrupted (143 by SIGTERM, 129 by a hangup)"},
    {NULL, NULL},
};

const CliHelpEntry cli_variables[] = {
    {"REELVEC_LIBRARY", "the library where --library is not given"},
    {"REELVEC_MODEL", "the model where --model is not given"},
    {"REELVEC_PRECISION", "fast or float32: the precision where --precision is not given or auto"},
    {"REELVEC_DEVICE", "cpu, cuda or cuda:N: the device where --device is not given or auto"},
    {"REELVEC_PLAYER", "the program of `search --play` where --player is not given"},
    {"REELVEC_CUDA_LIBRARIES", "the folder of libcuda.so.1 and libcublasLt.so.N, in place of the system's"},
    {"REELVEC_CPU", "scalar, avx2, avxvnni, avx512, avx512vnni or neon: the instructions to use"},
    {"REELVEC_CONFIG", "the settings file; empty: none"},
    {"COLUMNS", "the width of help and tables, in place of the terminal's"},
    {"NO_COLOR",
     "if not empty: no colours. CLICOLOR=0 says the same, CLICOLOR_FORCE=1: colours in pipes too"},
    {NULL, NULL},
};
