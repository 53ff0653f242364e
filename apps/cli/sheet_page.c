/* SPDX-License-Identifier: MIT */
/* Contact sheets: pictures side by side with captions, as in a report. */
#include "sheet_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "picture_surface.h"
#include "text.h"

#define MARGIN 32
#define GAP 20
#define TITLE_SIZE 24
#define SUBTITLE_SIZE 15
#define CAPTION_SIZE 15
#define LIGHT_SIZE 13
#define LINE_HEIGHT 20      // of captions
#define CAPTION_PAD 8       // between picture and caption
#define MARK_WIDTH 6        // of the frame around a marked picture; less than CAPTION_PAD
#define MIN_WIDTH 720       // wide enough for a title above a single picture
#define TALLEST_PICTURE 1.4 // height over width of a cell; taller pictures are scaled down

static const char font[] = "DejaVu Sans";

void cli_sheet_item_clear(SheetItem *item)
{
    if (item->picture != NULL)
        cairo_surface_destroy(item->picture);
    free(item->strong);
    free(item->strong_right);
    free(item->light);
    *item = (SheetItem){0};
}

void cli_sheet_clear_items(SheetPage *page)
{
    for (size_t i = 0; i < page->count; i++)
        cli_sheet_item_clear(&page->items[i]);
    page->count = 0;
}

void cli_sheet_clear(SheetPage *page)
{
    cli_sheet_clear_items(page);
    free(page->items);
    free(page->title);
    free(page->subtitle);
    *page = (SheetPage){0};
}

RvStatus cli_sheet_add(SheetPage *page, SheetItem item, RvError *err)
{
    if (page->count == page->capacity) {
        size_t capacity = page->capacity > 0 ? 2 * page->capacity : 16;
        SheetItem *items = reallocarray(page->items, capacity, sizeof *items);
        if (items == NULL) {
            cli_sheet_item_clear(&item);
            return cli_error(err, RV_ERROR_MEMORY, "out of memory");
        }
        page->items = items;
        page->capacity = capacity;
    }
    page->items[page->count++] = item;
    return RV_OK;
}

static int tallest_picture(const SheetPage *page)
{
    double ratio = 0;
    for (size_t i = 0; i < page->count; i++) {
        if (page->items[i].picture == NULL)
            continue;
        double width = cairo_image_surface_get_width(page->items[i].picture);
        double height = cairo_image_surface_get_height(page->items[i].picture);
        ratio = fmax(ratio, height / width);
    }
    if (ratio == 0)
        ratio = 9.0 / 16;
    return (int)lround(page->cell_width * fmin(ratio, TALLEST_PICTURE));
}

SheetLayout cli_sheet_layout(const SheetPage *page)
{
    SheetLayout layout = {.margin = MARGIN, .gap = GAP, .cell_width = page->cell_width};
    layout.columns = page->count < page->columns ? page->count : page->columns;
    if (layout.columns == 0)
        layout.columns = 1;
    layout.rows = (page->count + layout.columns - 1) / layout.columns;
    for (size_t i = 0; i < page->count; i++)
        layout.two_lines = layout.two_lines || page->items[i].light != NULL;
    layout.picture_height = tallest_picture(page);
    layout.caption_height = CAPTION_PAD + LINE_HEIGHT * (layout.two_lines ? 2 : 1);
    layout.header_height = page->title != NULL ? MARGIN + TITLE_SIZE + 10 + SUBTITLE_SIZE + 20 : MARGIN;
    int inner = (int)layout.columns * (layout.cell_width + GAP) - GAP;
    layout.width = 2 * MARGIN + inner;
    if (layout.width < MIN_WIDTH)
        layout.width = MIN_WIDTH;
    layout.height = layout.header_height +
                    (int)layout.rows * (layout.picture_height + layout.caption_height + GAP) - GAP + MARGIN;
    return layout;
}

size_t cli_sheet_max_rows(int cell_width)
{
    int tallest_row = (int)(cell_width * TALLEST_PICTURE) + CAPTION_PAD + 2 * LINE_HEIGHT + GAP;
    return (size_t)((SHEET_MAX_HEIGHT - 4 * MARGIN - TITLE_SIZE - SUBTITLE_SIZE) / tallest_row);
}

typedef struct TextStyle {
    double size;
    bool bold;
    double grey; // 0 is black, 1 is white
} TextStyle;

static double text_width(cairo_t *cairo, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cairo, text, &extents);
    return extents.x_advance;
}

/* Returns the text, shortened in its middle to fit the width. Free with free(). */
static char *fitted(cairo_t *cairo, const char *text, double width)
{
    size_t least = 0, most = cli_text_characters(text);
    if (text_width(cairo, text) <= width)
        return strdup(text);
    while (least < most) { // find the smallest cut that fits
        size_t cut = (least + most) / 2;
        char *candidate = cli_text_shorten(text, cut);
        if (candidate == NULL)
            return NULL;
        if (text_width(cairo, candidate) <= width)
            most = cut;
        else
            least = cut + 1;
        free(candidate);
    }
    return cli_text_shorten(text, least);
}

/* Returns the width of the drawn text. */
static double draw_text(cairo_t *cairo, const char *text, TextStyle style, double x, double baseline,
                        double width, bool to_the_right)
{
    if (text == NULL || width <= 0)
        return 0;
    cairo_select_font_face(cairo, font, CAIRO_FONT_SLANT_NORMAL,
                           style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, style.size);
    cairo_set_source_rgb(cairo, style.grey, style.grey, style.grey);
    char *shown = fitted(cairo, text, width);
    if (shown == NULL)
        return 0;
    double taken = text_width(cairo, shown);
    cairo_move_to(cairo, to_the_right ? x + width - taken : x, baseline);
    cairo_show_text(cairo, shown);
    free(shown);
    return taken;
}

static void draw_box(cairo_t *cairo, const SheetLayout *layout, double x, double y)
{
    cairo_set_source_rgb(cairo, 0.95, 0.95, 0.95);
    cairo_rectangle(cairo, x, y, layout->cell_width, layout->picture_height);
    cairo_fill(cairo);
}

static void draw_picture(cairo_t *cairo, const SheetLayout *layout, const SheetItem *item, double x, double y)
{
    if (item->picture == NULL) {
        draw_box(cairo, layout, x, y);
        draw_text(cairo, "no picture", (TextStyle){LIGHT_SIZE, false, 0.5}, x + 12, y + 24,
                  layout->cell_width - 24, false);
        return;
    }
    double width = cairo_image_surface_get_width(item->picture);
    double height = cairo_image_surface_get_height(item->picture);
    double scale = fmin(layout->cell_width / width, layout->picture_height / height);
    double left = (layout->cell_width - width * scale) / 2,
           top = (layout->picture_height - height * scale) / 2;
    if (left >= 1 || top >= 1)
        draw_box(cairo, layout, x, y);
    cairo_save(cairo);
    cairo_rectangle(cairo, round(x + left), round(y + top), round(width * scale), round(height * scale));
    cairo_clip(cairo);
    cairo_translate(cairo, round(x + left), round(y + top));
    cairo_scale(cairo, round(width * scale) / width, round(height * scale) / height);
    cairo_set_source_surface(cairo, item->picture, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_GOOD);
    cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD);
    cairo_paint(cairo);
    cairo_restore(cairo);
}

/* The frame lies around the picture, in the gap between the cells. */
static void draw_mark(cairo_t *cairo, const SheetLayout *layout, double x, double y)
{
    double half = MARK_WIDTH / 2.0;
    cairo_set_source_rgb(cairo, 0.9, 0.35, 0.0);
    cairo_set_line_width(cairo, MARK_WIDTH);
    cairo_rectangle(cairo, x - half, y - half, layout->cell_width + MARK_WIDTH,
                    layout->picture_height + MARK_WIDTH);
    cairo_stroke(cairo);
}

static void draw_item(cairo_t *cairo, const SheetLayout *layout, const SheetItem *item, double x, double y)
{
    draw_picture(cairo, layout, item, x, y);
    if (item->marked)
        draw_mark(cairo, layout, x, y);
    double baseline = y + layout->picture_height + CAPTION_PAD + CAPTION_SIZE - 1;
    double cell = layout->cell_width;
    double right =
        draw_text(cairo, item->strong_right, (TextStyle){CAPTION_SIZE, false, 0.25}, x, baseline, cell, true);
    draw_text(cairo, item->strong, (TextStyle){CAPTION_SIZE, true, 0.1}, x, baseline,
              right > 0 ? cell - right - 10 : cell, false);
    draw_text(cairo, item->light, (TextStyle){LIGHT_SIZE, false, 0.45}, x, baseline + LINE_HEIGHT,
              layout->cell_width, false);
}

static void draw_page(cairo_t *cairo, const SheetPage *page, const SheetLayout *layout)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cairo, options);
    cairo_font_options_destroy(options);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    double inner = layout->width - 2 * layout->margin;
    double baseline = layout->margin + TITLE_SIZE - 4;
    draw_text(cairo, page->title, (TextStyle){TITLE_SIZE, true, 0.07}, layout->margin, baseline, inner,
              false);
    draw_text(cairo, page->subtitle, (TextStyle){SUBTITLE_SIZE, false, 0.4}, layout->margin,
              baseline + 10 + SUBTITLE_SIZE, inner, false);
    for (size_t i = 0; i < page->count; i++) {
        double x = layout->margin + (double)(i % layout->columns) * (layout->cell_width + layout->gap);
        double y =
            layout->header_height +
            (double)(i / layout->columns) * (layout->picture_height + layout->caption_height + layout->gap);
        draw_item(cairo, layout, &page->items[i], x, y);
    }
}

RvStatus cli_sheet_draw(const SheetPage *page, const char *name, cairo_surface_t **out, RvError *err)
{
    SheetLayout layout = cli_sheet_layout(page);
    *out = NULL;
    if (page->count == 0)
        return cli_error(err, RV_ERROR_ARGUMENT, "%s: no pictures to show", name);
    if (layout.height > SHEET_MAX_HEIGHT || layout.width > SHEET_MAX_HEIGHT)
        return cli_error(err, RV_ERROR_ARGUMENT,
                         "%s: a sheet of %d x %d pixels is too large; show fewer pictures", name,
                         layout.width, layout.height);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, layout.width, layout.height);
    cairo_t *cairo = cairo_create(surface);
    draw_page(cairo, page, &layout);
    cairo_status_t drawn = cairo_status(cairo);
    cairo_destroy(cairo);
    if (drawn == CAIRO_STATUS_SUCCESS) {
        *out = surface;
        return RV_OK;
    }
    cairo_surface_destroy(surface);
    return cli_error(err, RV_ERROR_MEMORY, "%s: cannot draw: %s", name, cairo_status_to_string(drawn));
}

RvStatus cli_sheet_write(const SheetPage *page, const char *path, bool force, RvError *err)
{
    cairo_surface_t *surface = NULL;
    RvStatus status = cli_sheet_draw(page, path, &surface, err);
    if (status == RV_OK)
        status = cli_surface_write(surface, path, force, err);
    cairo_surface_destroy(surface); // NULL is no surface
    return status;
}
