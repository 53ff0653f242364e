/* SPDX-License-Identifier: MIT */
/* All commands, in the order of the help text. */
#include "cli.h"

const CliCommand *const cli_commands[] = {
    &cli_command_index,
    &cli_command_search,
    &cli_command_serve,
    &cli_command_list,
    &cli_command_info,
    &cli_command_remove,
    &cli_command_verify,
    &cli_command_sheet,
    &cli_command_timeline,
    &cli_command_clip,
    &cli_command_embed,
    &cli_command_inspect_tokens,
    &cli_command_inspect_pixels,
    &cli_command_model_list,
    &cli_command_model_fetch,
    &cli_command_model_add,
    &cli_command_model_remove,
    &cli_command_model_info,
    &cli_command_model_verify,
    &cli_command_ann_build,
    &cli_command_ann_drop,
    &cli_command_ann_info,
    &cli_command_sql,
    &cli_command_export,
    &cli_command_import,
    &cli_command_reembed,
    &cli_command_doctor,
    NULL,
};
