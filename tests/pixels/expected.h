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
    uint64_t rgb_first_hash;
} still_cases[] = {
    {"animated.gif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}, 0x7a11a40d1d3cb029},
    {"animated.png", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"animated.webp", 3, false, {0x9c323e173ad946a2, 0x068471c8aee5b33f, 0x48fe13358cbf9854}, 0x13f6b2c6defce4cb},
    {"big.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"bits.bmp", 4, true, {0x2fb43f3f8263caff, 0xf2d82babc87c0168, 0x5bd8050f7519816a}, 0xf962005277a80cc2},
    {"bits.pbm", 1, true, {0x2fb43f3f8263caff, 0xf2d82babc87c0168, 0x5bd8050f7519816a}, 0xf962005277a80cc2},
    {"bits.png", 1, true, {0x2fb43f3f8263caff, 0xf2d82babc87c0168, 0x5bd8050f7519816a}, 0xf962005277a80cc2},
    {"bits.tif", 1, true, {0x2fb43f3f8263caff, 0xf2d82babc87c0168, 0x5bd8050f7519816a}, 0xf962005277a80cc2},
    {"cmyk.jpg", 3, false, {0, 0xabed832140c78695, 0}, 0xe3c1e39e68771a6b},
    {"cmyk.tif", 3, false, {0, 0x5a447232bab097c1, 0}, 0x58bc7004d98919b4},
    {"fax.tif", 1, true, {0x2fb43f3f8263caff, 0xf2d82babc87c0168, 0x5bd8050f7519816a}, 0xf962005277a80cc2},
    {"grey.bmp", 1, false, {0x2dbf22994f1d4014, 0x7b2334c34b023ae9, 0xa8da3e7bbdf3d3d9}, 0x135e96b4c5452622},
    {"grey.gif", 4, true, {0x3fa053d490e5a6dc, 0x7b2334c34b023ae9, 0x5414a478f9402096}, 0x135e96b4c5452622},
    {"grey.jpg", 1, false, {0x6df7d139b9357245, 0xb96b8e978e102d87, 0xf4a3bf4b59744af0}, 0x0c28e709984da534},
    {"grey.pgm", 1, false, {0x2dbf22994f1d4014, 0x7b2334c34b023ae9, 0xa8da3e7bbdf3d3d9}, 0x135e96b4c5452622},
    {"grey.png", 1, false, {0x2dbf22994f1d4014, 0x7b2334c34b023ae9, 0xa8da3e7bbdf3d3d9}, 0x135e96b4c5452622},
    {"grey_2bit.png", 1, false, {0x0cfd9de7c43c385f, 0x9c1d2e8153dbef96, 0xa829e74e1cfac826}, 0x62ab5425909919e6},
    {"grey_4bit.png", 1, false, {0x287e33c7509f7080, 0x070c3496e375429a, 0x4176467225af8df6}, 0xb0a3778892586a99},
    {"grey_alpha.png", 2, false, {0x1478e280ef4b9739, 0x7b2334c34b023ae9, 0x4ba044158dc27349}, 0x135e96b4c5452622},
    {"grey_alpha.tif", 2, false, {0x1478e280ef4b9739, 0x7b2334c34b023ae9, 0x4ba044158dc27349}, 0x135e96b4c5452622},
    {"grey_named_colour.png", 1, false, {0x2dbf22994f1d4014, 0x7b2334c34b023ae9, 0xa8da3e7bbdf3d3d9}, 0x135e96b4c5452622},
    {"interlaced.gif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}, 0x7a11a40d1d3cb029},
    {"jpeg.tif", 3, false, {0xfc45f9a86c8559ec, 0x429ebdf7f6ae2209, 0x33d32de43fd59c21}, 0x1969afc9b05fd4e2},
    {"lossless.webp", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"lossless_alpha.webp", 4, false, {0xdb0ed8516b5fa19f, 0x5c8a2048c19fe7b5, 0xa26c64324d6b5bb1}, 0x84e0e343a8c72608},
    {"lossy.webp", 3, false, {0xdd7eafe40669e6c6, 0x7d9cf10a22df0b2a, 0x6db0326af7bc9dfa}, 0xd825b4260ae8d123},
    {"lossy_alpha.webp", 4, false, {0x9927b2fa7abfb084, 0xe7070df6c3578bf9, 0x6a65e5cb06dde28a}, 0xae43b8fbbc93fb7c},
    {"padded.bmp", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"padded.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"palette.bmp", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}, 0x7a11a40d1d3cb029},
    {"palette.gif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}, 0x7a11a40d1d3cb029},
    {"palette.png", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}, 0x7a11a40d1d3cb029},
    {"palette.tif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}, 0x7a11a40d1d3cb029},
    {"palette_2bit.png", 4, true, {0x44b9b92161e14477, 0x0b24c4e31f17bf6c, 0xcfda3223707f574b}, 0xbaf799ffb81c1f3c},
    {"palette_transparent.png", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}, 0x7a11a40d1d3cb029},
    {"plain.gif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}, 0x7a11a40d1d3cb029},
    {"planes.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"premultiplied.tif", 4, false, {0x510878ad0cb73e61, 0xb6e6e1da2912e04a, 0x78a3947f28ae8f0c}, 0x592def872b1858d5},
    {"progressive.jpg", 3, false, {0xf5889835c739a39e, 0x26de25a82e7ea99a, 0x61265a7dada860ea}, 0x0a61100980198db1},
    {"rgb.bmp", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"rgb.jp2", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"rgb.png", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"rgb.ppm", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"rgb.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"rgb_16bit.png", 3, false, {0x1f64907ea757ef90, 0xcfa264d4f8339bc9, 0x8b8c9a0f2a247324}, 0xf45074d7c677ecb6},
    {"rgb_16bit.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"rgb_420.jpg", 3, false, {0x925d793169008043, 0x125acb9f1a190555, 0xdf7e1fee897727d7}, 0x260e10efeacb70cb},
    {"rgb_422.jpg", 3, false, {0x0ceae95817d657b1, 0xd01dd6bd8d213cb9, 0xfa3acef8bce99691}, 0x172d73f3c0d24837},
    {"rgb_444.jpg", 3, false, {0xf7888713ccdd519b, 0x4e12a80fa277c8d3, 0x16f61af5fbf44e22}, 0x1533dcd0392531f7},
    {"rgb_named_colour.png", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"rgba.png", 4, false, {0xdb0ed8516b5fa19f, 0x5a447232bab097c1, 0xa26c64324d6b5bb1}, 0x58bc7004d98919b4},
    {"rgba.tif", 4, false, {0xdb0ed8516b5fa19f, 0x5a447232bab097c1, 0xa26c64324d6b5bb1}, 0x58bc7004d98919b4},
    {"rgba_16bit.png", 4, false, {0x90777ca9c650c3d6, 0xb80cfbc1170e30d3, 0xa58c3413b42a3615}, 0x82166a6a03fff08b},
    {"tiled.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"tiled_planes.tif", 4, false, {0xdb0ed8516b5fa19f, 0x5a447232bab097c1, 0xa26c64324d6b5bb1}, 0x58bc7004d98919b4},
    {"transparent.gif", 4, true, {0x3b4c47b4dafeed69, 0x186829fbe605b723, 0xeaa9c418d36af82d}, 0x7a11a40d1d3cb029},
    {"turned_5.webp", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"turned_6.jpg", 3, false, {0x93231004a896c54b, 0xd157c5f86e03ce11, 0xec2f53fd44262d8e}, 0x3299d47e90b89ef0},
    {"turned_7.tif", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"turned_8.png", 3, false, {0x0a83182930caf350, 0x5a447232bab097c1, 0xc4bee6d1132a9835}, 0x58bc7004d98919b4},
    {"white_is_0.tif", 1, false, {0x97614b534012c9cb, 0xfd46c21fd5dd9d55, 0xddf47be07a3eb0d7}, 0x1c19464e86e924dd},
};
#elif defined(EXPECTED_INPUTS)
#include "pixels/model_input.h"
static const struct InputCase {
    int channel_count;
    ModelInput input;
    int width, height;
    uint64_t hash;
    const char *why;
} input_cases[] = {
    {3, {14, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 23, 14, 0x5a447232bab097c1, "the shorter side is kept"},
    {3, {14, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 14, 23, 0x12749e73c983def7, "the same, upright"},
    {3, {8, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 23, 14, 0x72eb51c04a7e51b5, "smaller"},
    {4, {20, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 31, 17, 0x14952e4952301389, "larger, with alpha"},
    {1, {32, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 100, 33, 0x0ea0a3708e8dece3, "grey"},
    {2, {32, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 33, 100, 0xd1d809d209b165aa, "grey and alpha, tall"},
    {3, {10, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 15, 10, 0xbf9381a322b8b11f, "offset 2.5 rounds to 2"},
    {3, {10, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 17, 10, 0x46dbd1b3c93dcd15, "offset 3.5 rounds to 4"},
    {3, {64, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 117, 209, 0x5d058df076e1e6b4, "the longer side is cut off, not rounded"},
    {3, {16, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 2000, 3, 0x8047960be350af71, "a strip"},
    {3, {16, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 3, 2000, 0xe11c8a697997791c, "a strip, upright"},
    {3, {7, RESIZE_SHORTEST, RESIZE_BICUBIC, false}, 1, 1, 0x7a53e6dda5361804, "one pixel"},
    {3, {20, RESIZE_SQUASH, RESIZE_BICUBIC, false}, 31, 17, 0x7dd51519fa665801, "stretched one way"},
    {3, {40, RESIZE_SQUASH, RESIZE_BILINEAR, false}, 200, 33, 0x9b2ea12da689eae2, "smaller and larger at once"},
    {3, {20, RESIZE_SQUASH, RESIZE_BILINEAR, false}, 20, 20, 0xb214a5e481d21fb2, "unchanged"},
    {3, {20, RESIZE_SQUASH, RESIZE_BILINEAR, false}, 20, 33, 0xcd197c3aa0ddedb8, "one axis alone"},
    {3, {16, RESIZE_SQUASH, RESIZE_BILINEAR, false}, 3, 2000, 0x5cc539d5b1ad45d9, "a strip"},
    {3, {7, RESIZE_SQUASH, RESIZE_BICUBIC, false}, 1, 1, 0x7a53e6dda5361804, "one pixel"},
    {1, {16, RESIZE_SQUASH, RESIZE_BILINEAR, true}, 41, 30, 0xba49ef48369ac81b, "grey"},
    {4, {16, RESIZE_SQUASH, RESIZE_BILINEAR, false}, 41, 30, 0xea918f8a01d32fc4, "premultiplied"},
    {4, {16, RESIZE_SQUASH, RESIZE_BILINEAR, true}, 41, 30, 0x536cb6218598280c, "alpha dropped first"},
    {2, {16, RESIZE_SQUASH, RESIZE_BICUBIC, true}, 41, 30, 0x9112dee4e0731cca, "grey, alpha dropped first"},
    {4, {16, RESIZE_SHORTEST, RESIZE_BICUBIC, true}, 41, 30, 0xa63c90f9a6140264, "alpha dropped, cropped"},
    {3, {64, RESIZE_SHORTEST, RESIZE_BILINEAR, false}, 117, 209, 0xa058247b9b0050af, "a triangle, cropped"},
    {3, {32, RESIZE_LONGEST, RESIZE_BICUBIC, false}, 64, 48, 0xc279695a6a8bb9f6, "black above and below"},
    {3, {32, RESIZE_LONGEST, RESIZE_BICUBIC, false}, 48, 64, 0x1ed1dfc97b44f23b, "black on both sides"},
    {3, {32, RESIZE_LONGEST, RESIZE_BICUBIC, false}, 45, 64, 0xa0bdb5018aa1cac4, "22.5 rounds to the even 22"},
    {3, {32, RESIZE_LONGEST, RESIZE_BICUBIC, false}, 47, 64, 0xf47165fa9e1b4be8, "23.5 rounds to the even 24"},
    {3, {32, RESIZE_LONGEST, RESIZE_BICUBIC, false}, 46, 64, 0xd9083b319c145517, "an odd row more below"},
    {3, {32, RESIZE_LONGEST, RESIZE_BILINEAR, false}, 20, 11, 0xba9101a86f5b3c60, "enlarged"},
    {3, {32, RESIZE_LONGEST, RESIZE_BILINEAR, false}, 32, 32, 0x25e8e017402fc722, "nothing to do"},
    {3, {32, RESIZE_LONGEST, RESIZE_BILINEAR, false}, 32, 20, 0xa711c2ed7787e5f2, "padded alone"},
    {3, {16, RESIZE_LONGEST, RESIZE_BICUBIC, false}, 1000, 3, 0x9d60c6fa87d1735f, "a strip is one pixel high"},
    {4, {16, RESIZE_LONGEST, RESIZE_BICUBIC, false}, 41, 30, 0x8fd1d3b562023a6f, "premultiplied, padded"},
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
#endif
#endif
