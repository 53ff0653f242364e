/* SPDX-License-Identifier: MIT */
/* The registry of output formats. */
#include "output.h"

#include "terminal.h"

static const OutputFormat *const formats[] = {
    [OUTPUT_TABLE] = &cli_output_table, [OUTPUT_JSON] = &cli_output_json, [OUTPUT_CSV] = &cli_output_csv};

bool cli_output_begin(Output *output, int format, const Column *columns, size_t column_count, FILE *file)
{
    *output = (Output){.format = formats[format],
                       .columns = columns,
                       .column_count = column_count,
                       .file = file,
                       .terminal = cli_is_terminal(file),
                       .width = cli_terminal_columns(file)};
    return output->format->begin(output);
}

bool cli_output_row(Output *output, const Cell *cells)
{
    return output->format->row(output, cells);
}

bool cli_output_end(Output *output)
{
    return output->format->end(output);
}
