/* SPDX-License-Identifier: MIT */
/* The known models: public facts about where their files are, how large they are and what their SHA-256 is.
 *
 * Sources: openai/CLIP (clip/clip.py, MIT licence) for OpenAI's own addresses, each of which contains the
 * SHA-256 of its file. They return 404 since 2025 (openai/CLIP#516) and are therefore tried last. For Hugging
 * Face the revisions, sizes and digests are those shown by its file pages and by the lock files of other
 * projects. If no digest is known, none is given. The vocabulary is the same for all models, so every form
 * takes it from an address whose digest is known. */
#include "models/model_source.h"

#define HUGGING_FACE "https://huggingface.co/"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define OPENAI_B32 "openai/clip-vit-base-patch32"
#define OPENAI_B32_REVISION "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268"

#define AT(owner_name, at, file) .name = file, .repository = owner_name, .revision = at

#define VOCABULARY                                                                                           \
    {AT(OPENAI_B32, OPENAI_B32_REVISION, "vocab.json"),                                                      \
     .sha256 = "5047b556ce86ccaf6aa22b3ffccfc52d391ea4accdab9c2f2407da5b742d4363", .size_bytes = 862328},    \
    {                                                                                                        \
        AT(OPENAI_B32, OPENAI_B32_REVISION, "merges.txt"),                                                   \
            .sha256 = "f526393189112391ce6f9795d4695f704121ce452c3aad1f5335cc41337eba85",                    \
            .size_bytes = 524657                                                                             \
    }

/* ---- OpenAI's own files ------------------------------------------------------------------------------- */

#define OPENAI_FILES(label, digest, bytes)                                                                   \
    {                                                                                                        \
        {.name = "bpe_simple_vocab_16e6.txt.gz",                                                             \
         .urls = {"https://raw.githubusercontent.com/openai/CLIP/main/clip/bpe_simple_vocab_16e6.txt.gz"},   \
         .sha256 = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a",                       \
         .size_bytes = 1356917},                                                                             \
        {                                                                                                    \
            .name = label ".pt",                                                                             \
            .urls = {"https://openaipublic.azureedge.net/clip/models/" digest "/" label ".pt",               \
                     "https://openaipublic.blob.core.windows.net/clip/models/" digest "/" label ".pt"},      \
            .sha256 = digest, .size_bytes = bytes                                                            \
        }                                                                                                    \
    }

static const ModelFile b32_archive[] =
    OPENAI_FILES("ViT-B-32", "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af", 353976522);
static const ModelFile b16_archive[] =
    OPENAI_FILES("ViT-B-16", "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f", 350837078);
static const ModelFile l14_archive[] =
    OPENAI_FILES("ViT-L-14", "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836", 932768134);
static const ModelFile l14_336_archive[] = OPENAI_FILES(
    "ViT-L-14-336px", "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02", 934088680);

#define ARCHIVE_FORM(label, list)                                                                            \
    {                                                                                                        \
        .folder = label, .checkpoint = label ".pt", .files = list, .file_count = COUNT(list)                 \
    }

/* ---- OpenAI's models at Hugging Face ------------------------------------------------------------------ */

#define PREPROCESSOR_224                                                                                     \
    .sha256 = "910e70b3956ac9879ebc90b22fb3bc8a75b6a0677814500101a4c072bd7857bd", .size_bytes = 316

static const ModelFile b32_folder[] = {
    {AT(OPENAI_B32, OPENAI_B32_REVISION, "config.json"),
     .sha256 = "b575ef3c36f2a057fa19e221650105052d61cc9c1a972ec15019c6261ec98770", .size_bytes = 4186},
    {AT(OPENAI_B32, OPENAI_B32_REVISION, "preprocessor_config.json"), PREPROCESSOR_224},
    VOCABULARY,
    {AT(OPENAI_B32, OPENAI_B32_REVISION, "tokenizer.json"),
     .sha256 = "b556ac8c99757ffb677208af34bc8c6721572114111a6e0aaf5fa69ff0b8d842", .size_bytes = 2224041,
     .optional = true},
    {AT(OPENAI_B32, OPENAI_B32_REVISION, "pytorch_model.bin"),
     .sha256 = "a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f", .size_bytes = 605247071},
};

/* A conversion at another revision of the same repository; its digest is not known. */
static const ModelFile b32_converted[] = {
    {AT(OPENAI_B32, OPENAI_B32_REVISION, "config.json"),
     .sha256 = "b575ef3c36f2a057fa19e221650105052d61cc9c1a972ec15019c6261ec98770", .size_bytes = 4186},
    {AT(OPENAI_B32, OPENAI_B32_REVISION, "preprocessor_config.json"), PREPROCESSOR_224},
    VOCABULARY,
    {AT(OPENAI_B32, "d15b5f29721ca72dac15f8526b284be910de18be", "model.safetensors")},
};

#define OPENAI_B16 "openai/clip-vit-base-patch16"
#define OPENAI_B16_REVISION "57c216476eefef5ab752ec549e440a49ae4ae5f3"
static const ModelFile b16_folder[] = {
    {AT(OPENAI_B16, OPENAI_B16_REVISION, "config.json")},
    {AT(OPENAI_B16, OPENAI_B16_REVISION, "preprocessor_config.json")},
    VOCABULARY,
    {AT(OPENAI_B16, OPENAI_B16_REVISION, "pytorch_model.bin")},
};

#define OPENAI_L14 "openai/clip-vit-large-patch14"
#define OPENAI_L14_REVISION "32bd64288804d66eefd0ccbe215aa642df71cc41"
static const ModelFile l14_folder[] = {
    {AT(OPENAI_L14, OPENAI_L14_REVISION, "config.json"),
     .sha256 = "8a09b467700c58138c29d53c605b34ebc69beaadd13274a8a2af8ad2c2f4032a", .size_bytes = 4519},
    {AT(OPENAI_L14, OPENAI_L14_REVISION, "preprocessor_config.json"), PREPROCESSOR_224},
    VOCABULARY,
    {AT(OPENAI_L14, OPENAI_L14_REVISION, "model.safetensors"),
     .sha256 = "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb", .size_bytes = 1710540580},
};

#define OPENAI_L14_336 "openai/clip-vit-large-patch14-336"
#define OPENAI_L14_336_REVISION "ce19dc912ca5cd21c8a653c79e251e808ccabcd1"
static const ModelFile l14_336_folder[] = {
    {AT(OPENAI_L14_336, OPENAI_L14_336_REVISION, "config.json"),
     .sha256 = "51b1c14aabcdf639c4a0370eeda1010b773bbe1df78319c7d0f5882c22ac0ac0", .size_bytes = 4757},
    {AT(OPENAI_L14_336, OPENAI_L14_336_REVISION, "preprocessor_config.json"),
     .sha256 = "d253881f65322dc546df59cf925a408e5538b8ecb5a1b496cdd36af9992686d4", .size_bytes = 316},
    VOCABULARY,
    {AT(OPENAI_L14_336, OPENAI_L14_336_REVISION, "pytorch_model.bin"),
     .sha256 = "c6032c2e0caae3dc2d4fba35535fa6307dbb49df59c7e182b1bc4b3329b81801", .size_bytes = 1711974081},
};

static const ModelForm b32_forms[] = {
    {.folder = "clip-vit-base-patch32", .files = b32_folder, .file_count = COUNT(b32_folder)},
    {.folder = "clip-vit-base-patch32", .files = b32_converted, .file_count = COUNT(b32_converted)},
    ARCHIVE_FORM("ViT-B-32", b32_archive),
};
static const ModelForm b16_forms[] = {
    {.folder = "clip-vit-base-patch16", .files = b16_folder, .file_count = COUNT(b16_folder)},
    ARCHIVE_FORM("ViT-B-16", b16_archive),
};
static const ModelForm l14_forms[] = {
    {.folder = "clip-vit-large-patch14", .files = l14_folder, .file_count = COUNT(l14_folder)},
    ARCHIVE_FORM("ViT-L-14", l14_archive),
};
static const ModelForm l14_336_forms[] = {
    {.folder = "clip-vit-large-patch14-336", .files = l14_336_folder, .file_count = COUNT(l14_336_folder)},
    ARCHIVE_FORM("ViT-L-14-336px", l14_336_archive),
};

/* ---- LAION's and DataComp's, in open_clip's form ------------------------------------------------------ */

#define LAION_B32 "CLIP-ViT-B-32-laion2B-s34B-b79K"
#define LAION_B32_REVISION "1a25a446712ba5ee05982a381eed697ef9b435cf"
static const ModelFile laion_b32_folder[] = {
    {AT("laion/" LAION_B32, LAION_B32_REVISION, "open_clip_config.json")},
    VOCABULARY,
    {AT("laion/" LAION_B32, LAION_B32_REVISION, "open_clip_model.safetensors"),
     .sha256 = "ac4f8c4b88af6d963118cbf40ad93176d092abbedfcb752601ae1866352656e6", .size_bytes = 605143316},
};
static const ModelForm laion_b32_forms[] = {
    {.folder = LAION_B32, .files = laion_b32_folder, .file_count = COUNT(laion_b32_folder)},
};

#define LAION_H14 "CLIP-ViT-H-14-laion2B-s32B-b79K"
#define LAION_H14_REVISION "1c2b8495b28150b8a4922ee1c8edee224c284c0c"
static const ModelFile laion_h14_folder[] = {
    {AT("laion/" LAION_H14, LAION_H14_REVISION, "open_clip_config.json")},
    VOCABULARY,
    {AT("laion/" LAION_H14, LAION_H14_REVISION, "open_clip_pytorch_model.bin"),
     .sha256 = "9a78ef8e8c73fd0df621682e7a8e8eb36c6916cb3c16b291a082ecd52ab79cc4", .size_bytes = 3944692325},
};
static const ModelForm laion_h14_forms[] = {
    {.folder = LAION_H14, .files = laion_h14_folder, .file_count = COUNT(laion_h14_folder)},
};

/* Revision main; no digest is known to compare with. It was not checked for every model which of the two
 * weight files exists, so the second is tried if the first is missing. */
#define OPEN_CLIP_FORMS(variable, label)                                                                     \
    static const ModelFile variable##_safetensors[] = {                                                      \
        {AT("laion/" label, "main", "open_clip_config.json")},                                               \
        VOCABULARY,                                                                                          \
        {AT("laion/" label, "main", "open_clip_model.safetensors")},                                         \
    };                                                                                                       \
    static const ModelFile variable##_bin[] = {                                                              \
        {AT("laion/" label, "main", "open_clip_config.json")},                                               \
        VOCABULARY,                                                                                          \
        {AT("laion/" label, "main", "open_clip_pytorch_model.bin")},                                         \
    };                                                                                                       \
    static const ModelForm variable##_forms[] = {                                                            \
        {.folder = label, .files = variable##_safetensors, .file_count = COUNT(variable##_safetensors)},     \
        {.folder = label, .files = variable##_bin, .file_count = COUNT(variable##_bin)},                     \
    }

#define LAION_B16 "CLIP-ViT-B-16-laion2B-s34B-b88K"
#define LAION_L14 "CLIP-ViT-L-14-laion2B-s32B-b82K"
#define DATACOMP_B32 "CLIP-ViT-B-32-DataComp.XL-s13B-b90K"
#define DATACOMP_B16 "CLIP-ViT-B-16-DataComp.XL-s13B-b90K"
#define DATACOMP_L14 "CLIP-ViT-L-14-DataComp.XL-s13B-b90K"
OPEN_CLIP_FORMS(laion_b16, LAION_B16);
OPEN_CLIP_FORMS(laion_l14, LAION_L14);
OPEN_CLIP_FORMS(datacomp_b32, DATACOMP_B32);
OPEN_CLIP_FORMS(datacomp_b16, DATACOMP_B16);
OPEN_CLIP_FORMS(datacomp_l14, DATACOMP_L14);

/* ---- the table ---------------------------------------------------------------------------------------- */

#define KNOWN(label, owner_name, at, file, digest, bytes, numbers, side)                                     \
    .model = {                                                                                               \
        .name = label,                                                                                       \
        .repository = owner_name,                                                                            \
        .weights_url = HUGGING_FACE owner_name "/resolve/" at "/" file,                                      \
        .weights_sha256 = digest,                                                                            \
        .size_bytes = bytes,                                                                                 \
        .dimensions = numbers,                                                                               \
        .image_size = side,                                                                                  \
        .languages = "English",                                                                              \
    }
#define FORMS(list) .forms = list, .form_count = COUNT(list)
#define UNPINNED(label, repository_name, list, numbers)                                                      \
    {                                                                                                        \
        KNOWN(label, "laion/" repository_name, "main", "open_clip_model.safetensors", NULL, 0, numbers,      \
              224),                                                                                          \
            FORMS(list)                                                                                      \
    }

const ModelSource rv_model_sources[] = {
    {KNOWN("ViT-B/32", OPENAI_B32, OPENAI_B32_REVISION, "pytorch_model.bin",
           "a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f", 608862599, 512, 224),
     FORMS(b32_forms)},
    {KNOWN("ViT-B/16", OPENAI_B16, OPENAI_B16_REVISION, "pytorch_model.bin", NULL, 0, 512, 224),
     FORMS(b16_forms)},
    {KNOWN("ViT-L/14", OPENAI_L14, OPENAI_L14_REVISION, "model.safetensors",
           "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb", 1711932400, 768, 224),
     FORMS(l14_forms)},
    {KNOWN("ViT-L/14@336px", OPENAI_L14_336, OPENAI_L14_336_REVISION, "pytorch_model.bin",
           "c6032c2e0caae3dc2d4fba35535fa6307dbb49df59c7e182b1bc4b3329b81801", 1713366139, 768, 336),
     FORMS(l14_336_forms)},
    {KNOWN("ViT-B/32-laion2B", "laion/" LAION_B32, LAION_B32_REVISION, "open_clip_model.safetensors",
           "ac4f8c4b88af6d963118cbf40ad93176d092abbedfcb752601ae1866352656e6", 606530301, 512, 224),
     FORMS(laion_b32_forms)},
    UNPINNED("ViT-B/32-DataComp", DATACOMP_B32, datacomp_b32_forms, 512),
    UNPINNED("ViT-B/16-laion2B", LAION_B16, laion_b16_forms, 512),
    UNPINNED("ViT-B/16-DataComp", DATACOMP_B16, datacomp_b16_forms, 512),
    UNPINNED("ViT-L/14-laion2B", LAION_L14, laion_l14_forms, 768),
    UNPINNED("ViT-L/14-DataComp", DATACOMP_L14, datacomp_l14_forms, 768),
    {KNOWN("ViT-H/14-laion2B", "laion/" LAION_H14, LAION_H14_REVISION, "open_clip_pytorch_model.bin",
           "9a78ef8e8c73fd0df621682e7a8e8eb36c6916cb3c16b291a082ecd52ab79cc4", 3946079310, 1024, 224),
     FORMS(laion_h14_forms)},
};

const size_t rv_model_source_count = COUNT(rv_model_sources);
