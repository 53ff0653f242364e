/* SPDX-License-Identifier: MIT */
/* What Pillow 9.4 makes of pictures, as 64-bit FNV-1a of the bytes; written by make_expected.py. */
#ifndef RV_TESTS_EXPECTED_H
#define RV_TESTS_EXPECTED_H

#include <stdbool.h>
#include <stdint.h>

// clang-format off
#if defined(EXPECTED_STILLS)
static const struct StillCase {
    const char *name;
    int channel_count;
    bool nearest;
    uint64_t crop_hashes[3];
} still_cases[] = {
    {"animated.gif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}},
    {"animated.png", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"animated.webp", 3, false, {0x9c323e173ad946a2, 0x068471c8aee5b33f, 0x48fe13358cbf9854}},
    {"big.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"bits.bmp", 4, true, {0x2fb43f3f8263caff, 0xf2d82babc87c0168, 0x5bd8050f7519816a}},
    {"bits.pbm", 1, true, {0x2fb43f3f8263caff, 0xf2d82babc87c0168, 0x5bd8050f7519816a}},
    {"bits.png", 1, true, {0x2fb43f3f8263caff, 0xf2d82babc87c0168, 0x5bd8050f7519816a}},
    {"bits.tif", 1, true, {0x2fb43f3f8263caff, 0xf2d82babc87c0168, 0x5bd8050f7519816a}},
    {"cmyk.jpg", 3, false, {0, 0xabed832140c78695, 0}},
    {"cmyk.tif", 3, false, {0, 0x5a447232bab097c1, 0}},
    {"fax.tif", 1, true, {0x2fb43f3f8263caff, 0xf2d82babc87c0168, 0x5bd8050f7519816a}},
    {"grey.bmp", 1, false, {0x2dbf22994f1d4014, 0x7b2334c34b023ae9, 0xa8da3e7bbdf3d3d9}},
    {"grey.gif", 4, true, {0x3fa053d490e5a6dc, 0x7b2334c34b023ae9, 0x5414a478f9402096}},
    {"grey.jpg", 1, false, {0x6df7d139b9357245, 0xb96b8e978e102d87, 0xf4a3bf4b59744af0}},
    {"grey.pgm", 1, false, {0x2dbf22994f1d4014, 0x7b2334c34b023ae9, 0xa8da3e7bbdf3d3d9}},
    {"grey.png", 1, false, {0x2dbf22994f1d4014, 0x7b2334c34b023ae9, 0xa8da3e7bbdf3d3d9}},
    {"grey_2bit.png", 1, false, {0x0cfd9de7c43c385f, 0x9c1d2e8153dbef96, 0xa829e74e1cfac826}},
    {"grey_4bit.png", 1, false, {0x287e33c7509f7080, 0x070c3496e375429a, 0x4176467225af8df6}},
    {"grey_alpha.png", 2, false, {0x1478e280ef4b9739, 0x7b2334c34b023ae9, 0x4ba044158dc27349}},
    {"grey_alpha.tif", 2, false, {0x1478e280ef4b9739, 0x7b2334c34b023ae9, 0x4ba044158dc27349}},
    {"grey_named_colour.png", 1, false, {0x2dbf22994f1d4014, 0x7b2334c34b023ae9, 0xa8da3e7bbdf3d3d9}},
    {"interlaced.gif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}},
    {"jpeg.tif", 3, false, {0xfc45f9a86c8559ec, 0x429ebdf7f6ae2209, 0x33d32de43fd59c21}},
    {"lossless.webp", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"lossless_alpha.webp", 4, false, {0xdb0ed8516b5fa19f, 0x5c8a2048c19fe7b5, 0xa26c64324d6b5bb1}},
    {"lossy.webp", 3, false, {0xdd7eafe40669e6c6, 0x7d9cf10a22df0b2a, 0x6db0326af7bc9dfa}},
    {"lossy_alpha.webp", 4, false, {0x9927b2fa7abfb084, 0xe7070df6c3578bf9, 0x6a65e5cb06dde28a}},
    {"padded.bmp", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"padded.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"palette.bmp", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}},
    {"palette.gif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}},
    {"palette.png", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}},
    {"palette.tif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}},
    {"palette_2bit.png", 4, true, {0x44b9b92161e14477, 0x0b24c4e31f17bf6c, 0xcfda3223707f574b}},
    {"palette_transparent.png", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}},
    {"plain.gif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}},
    {"planes.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"premultiplied.tif", 4, false, {0x510878ad0cb73e61, 0xb6e6e1da2912e04a, 0x78a3947f28ae8f0c}},
    {"progressive.jpg", 3, false, {0xf5889835c739a39e, 0x26de25a82e7ea99a, 0x61265a7dada860ea}},
    {"rgb.bmp", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"rgb.jp2", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"rgb.png", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"rgb.ppm", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"rgb.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"rgb_16bit.png", 3, false, {0x1f64907ea757ef90, 0xcfa264d4f8339bc9, 0x8b8c9a0f2a247324}},
    {"rgb_16bit.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"rgb_420.jpg", 3, false, {0x925d793169008043, 0x125acb9f1a190555, 0xdf7e1fee897727d7}},
    {"rgb_422.jpg", 3, false, {0x0ceae95817d657b1, 0xd01dd6bd8d213cb9, 0xfa3acef8bce99691}},
    {"rgb_444.jpg", 3, false, {0xf7888713ccdd519b, 0x4e12a80fa277c8d3, 0x16f61af5fbf44e22}},
    {"rgb_named_colour.png", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"rgba.png", 4, false, {0xdb0ed8516b5fa19f, 0x5a447232bab097c1, 0xa26c64324d6b5bb1}},
    {"rgba.tif", 4, false, {0xdb0ed8516b5fa19f, 0x5a447232bab097c1, 0xa26c64324d6b5bb1}},
    {"rgba_16bit.png", 4, false, {0x90777ca9c650c3d6, 0xb80cfbc1170e30d3, 0xa58c3413b42a3615}},
    {"tiled.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"tiled_planes.tif", 4, false, {0xdb0ed8516b5fa19f, 0x5a447232bab097c1, 0xa26c64324d6b5bb1}},
    {"transparent.gif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}},
    {"turned_5.webp", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"turned_6.jpg", 3, false, {0x93231004a896c54b, 0xd157c5f86e03ce11, 0xec2f53fd44262d8e}},
    {"turned_7.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"turned_8.png", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}},
    {"white_is_0.tif", 1, false, {0x97614b534012c9cb, 0xfd46c21fd5dd9d55, 0xddf47be07a3eb0d7}},
};
#else
static const struct ResizeCase {
    int channel_count;
    bool nearest;
    int width, height;
    int to_width, to_height;
    uint64_t hash;
    const char *why;
} resize_cases[] = {
    {1, false, 23, 14, 23, 14, 0x165aad6a1b13d5df, "unchanged"},
    {3, false, 23, 14, 9, 5, 0xc6278c1089868fb2, "smaller"},
    {3, false, 23, 14, 60, 41, 0xaee903e79de3191b, "larger"},
    {3, false, 23, 14, 23, 5, 0x6f9baa48322f6956, "one axis alone"},
    {3, false, 23, 14, 5, 14, 0x53ccd6a4c56c8918, "the other axis alone"},
    {4, false, 23, 14, 11, 19, 0x2c68c47fdbafaab0, "premultiplied"},
    {2, false, 40, 31, 17, 8, 0xb50cb26f0c2d1bc2, "premultiplied grey"},
    {1, false, 301, 7, 3, 200, 0x33f027b25d9ab5be, "long taps"},
    {1, false, 1, 1, 9, 4, 0x943cf28841434e75, "one pixel"},
    {3, false, 97, 1, 1, 97, 0xe9c61844911361cf, "one row"},
    {4, false, 200, 150, 64, 48, 0xa0b705c898e03d05, "many pixels"},
    {1, true, 23, 14, 9, 5, 0xa4f970043b22db6c, "nearest, smaller"},
    {1, true, 23, 14, 60, 41, 0x2acc4f9af9c911b4, "nearest, larger"},
    {3, false, 640, 361, 397, 224, 0xc329a12e4f578c4a, "a video's shape"},
};
static const struct CropCase {
    int channel_count;
    int width, height;
    int size;
    uint64_t hash;
    const char *why;
} crop_cases[] = {
    {3, 23, 14, 14, 0x5a447232bab097c1, "the shorter side is kept"},
    {3, 14, 23, 14, 0x12749e73c983def7, "the same, upright"},
    {3, 23, 14, 8, 0x72eb51c04a7e51b5, "smaller"},
    {4, 31, 17, 20, 0x14952e4952301389, "larger, with alpha"},
    {1, 100, 33, 32, 0x0ea0a3708e8dece3, "grey"},
    {2, 33, 100, 32, 0xd1d809d209b165aa, "grey and alpha, tall"},
    {3, 15, 10, 10, 0xbf9381a322b8b11f, "offset 2.5 rounds to 2"},
    {3, 17, 10, 10, 0x46dbd1b3c93dcd15, "offset 3.5 rounds to 4"},
    {3, 117, 209, 64, 0x5d058df076e1e6b4, "the longer side is cut off, not rounded"},
    {3, 2000, 3, 16, 0x8047960be350af71, "a strip"},
    {3, 3, 2000, 16, 0xe11c8a697997791c, "a strip, upright"},
    {3, 1, 1, 7, 0x7a53e6dda5361804, "one pixel"},
};
#endif
#endif
