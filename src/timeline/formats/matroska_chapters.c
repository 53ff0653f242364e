/* SPDX-License-Identifier: MIT */
/* Chapters of one video as MKVToolNix reads them (mkvtoolnix.download/doc/mkvmerge.html, chapters; names of the
 * elements as in RFC 9559). Chapters may overlap. */
#include <stdlib.h>

#include "timeline/escape.h"
#include "timeline/format.h"
#include "timeline/formats/list_text.h"

/* Chapters of a Matroska file count on its own clock, which MKVToolNix keeps; of other files it makes ones that begin at
 * 0. */
static int64_t place(const RvMedia *media, int64_t units)
{
    bool keeps_clock = rv_list_is_container(media, "matroska");
    return keeps_clock ? rv_list_on_positive_clock(media, units, LIST_PER_SECOND_NS) : units;
}

static RvStatus write_matroska(const Timeline *timeline, Buffer *out, RvError *err)
{
    const RvMedia *media = &timeline->sources[0].media;
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
        rv_list_clock(out, place(media, span.start), LIST_PER_SECOND_NS, '.', err);
        rv_buffer_append_format(out, err, "</ChapterTimeStart>\n      <ChapterTimeEnd>");
        rv_list_clock(out, place(media, span.end), LIST_PER_SECOND_NS, '.', err);
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
             .per_source = true},
    .times_only = true,
    .write = write_matroska,
};
