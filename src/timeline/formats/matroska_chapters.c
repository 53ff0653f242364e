/* SPDX-License-Identifier: MIT */
/* Chapters of one video as MKVToolNix reads them (mkvtoolnix.download/doc/mkvmerge.html, chapters; names of the
 * elements as in RFC 9559). Chapters may overlap. */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "timeline/escape.h"
#include "timeline/format.h"
#include "timeline/formats/list_text.h"

/* Chapters of a Matroska file count on its own clock, which MKVToolNix keeps; of other files it makes ones that begin at
 * 0. */
static int64_t zero_of(const RvMedia *media)
{
    static const char *const endings[] = {".mkv", ".mk3d", ".webm"};
    size_t length = strlen(media->path);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t bytes = strlen(endings[i]);
        if (length > bytes && rv_ascii_equal(media->path + length - bytes, endings[i]))
            return rv_list_units(media->zero_s, LIST_PER_SECOND_NS);
    }
    return 0;
}

static RvStatus write_matroska(const Timeline *timeline, Buffer *out, RvError *err)
{
    int64_t zero = zero_of(&timeline->sources[0].media);
    size_t *order = rv_list_order(timeline, err);
    if (order == NULL)
        return RV_ERROR_MEMORY;
    rv_buffer_append_format(out, err,
                            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                            "<!DOCTYPE Chapters SYSTEM \"matroskachapters.dtd\">\n"
                            "<Chapters>\n  <EditionEntry>\n");
    for (size_t i = 0; i < timeline->clip_count; i++) {
        const TimelineClip *clip = &timeline->clips[order[i]];
        ListSpan span = rv_list_span(clip, LIST_PER_SECOND_NS);
        rv_buffer_append_format(out, err, "    <ChapterAtom>\n      <ChapterTimeStart>");
        rv_list_clock(out, zero + span.start, LIST_PER_SECOND_NS, '.', err);
        rv_buffer_append_format(out, err, "</ChapterTimeStart>\n      <ChapterTimeEnd>");
        rv_list_clock(out, zero + span.end, LIST_PER_SECOND_NS, '.', err);
        rv_buffer_append_format(out, err,
                                "</ChapterTimeEnd>\n      <ChapterDisplay>\n        <ChapterString>");
        rv_escape_xml(out, clip->name, err);
        rv_buffer_append_format(out, err,
                                "</ChapterString>\n        <ChapterLanguage>und</ChapterLanguage>\n"
                                "      </ChapterDisplay>\n    </ChapterAtom>\n");
    }
    rv_buffer_append_format(out, err, "  </EditionEntry>\n</Chapters>\n");
    free(order);
    return out->status;
}

const TimelineFormat rv_format_matroska_chapters = {
    .info = {.name = "mkv-chapters",
             .title = "chapters for MKVToolNix to put into MKV files",
             .endings = (const char *const[]){".chapters.xml", NULL},
             .per_source = true,
             .needs_media = true},
    .write = write_matroska,
};
