/* SPDX-License-Identifier: MIT */
/* Contact sheets: pictures side by side with captions, as in a report. */
#ifndef RV_CLI_SHEET_PAGE_H
#define RV_CLI_SHEET_PAGE_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"

#define SHEET_MAX_HEIGHT 30000 // the limit of cairo's pictures is 32767 pixels

/* One picture. Texts are owned and valid UTF-8; NULL is an empty text. */
typedef struct SheetItem {
    cairo_surface_t *picture; // owned; NULL for a grey box
    char *strong;             // first line of the caption
    char *strong_right;       // the same line, to the right
    char *light;              // second line
    bool marked;              // the picture has a coloured frame
} SheetItem;

typedef struct SheetPage {
    char *title, *subtitle; // owned; without a title there is no room for either
    SheetItem *items;       // owned
    size_t count, capacity;
    size_t columns;
    int cell_width; // pixels
} SheetPage;

typedef struct SheetLayout {
    size_t columns, rows;
    int width, height; // of the whole sheet
    int margin, gap;
    int header_height;
    int cell_width, picture_height, caption_height; // a row consists of picture, caption, gap
    bool two_lines;
} SheetLayout;

/* Add an item; it is taken over, also on failure. Errors: MEMORY. */
RvStatus cli_sheet_add(SheetPage *page, SheetItem item, RvError *err);
void cli_sheet_item_clear(SheetItem *item);
void cli_sheet_clear_items(SheetPage *page);
void cli_sheet_clear(SheetPage *page);

/* Returns where everything is drawn, in pixels. */
SheetLayout cli_sheet_layout(const SheetPage *page);

/* Returns the number of rows that a sheet of such cells may have, for callers that thin out their
 * pictures. */
size_t cli_sheet_max_rows(int cell_width);

/* Draw the sheet. name: for messages. Release *out with cairo_surface_destroy. Errors: MEMORY, ARGUMENT (no pictures, or
 * too large). */
RvStatus cli_sheet_draw(const SheetPage *page, const char *name, cairo_surface_t **out, RvError *err);

/* Draw the sheet and write it as PNG, or as JPEG if the path ends so. force: replace a picture that reelvec did not
 * write. Errors: IO, MEMORY, ARGUMENT (no pictures, too large, or such a picture is there). */
RvStatus cli_sheet_write(const SheetPage *page, const char *path, bool force, RvError *err);

#endif
