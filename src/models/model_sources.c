/* SPDX-License-Identifier: MIT */
/* The known models: public facts about where their files are, how large they are and what their SHA-256 is.
 *
 * Sources: openai/CLIP (clip/clip.py, MIT licence) for OpenAI's own addresses, each of which contains the
 * SHA-256 of its file. They return 404 since 2025 (openai/CLIP#516) and are therefore tried last. For Hugging
 * Face the revisions, sizes and digests are those shown by its file pages and by the lock files of other
 * projects. If no digest is known, none is given. If no revision is known, it is left open (OPEN): the first fetch asks
 * for the current commit and keeps it (model_record.h). The vocabulary is the same for all models with CLIP's
 * tokenizer, so every form takes it from an address whose digest is known; so it is for Chinese-CLIP.
 *
 * Accuracy is what others published, in percent; each row names who. Sizes that nobody states are computed from the
 * model's shape, four bytes for each number (size_about_bytes). */
#include "models/model_source.h"

#define HUGGING_FACE "https://huggingface.co/"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define OPENAI_B32 "openai/clip-vit-base-patch32"
#define OPENAI_B32_REVISION "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268"

#define AT(owner_name, at, file) .name = file, .repository = owner_name, .revision = at
#define OPEN NULL // the revision is asked for at the first fetch

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

/* No revision and no digest is known. It was not checked for every model which of the two weight files exists,
 * so the second is tried if the first is missing. */
#define OPEN_CLIP_FORMS(variable, label)                                                                     \
    static const ModelFile variable##_safetensors[] = {                                                      \
        {AT("laion/" label, OPEN, "open_clip_config.json")},                                                 \
        VOCABULARY,                                                                                          \
        {AT("laion/" label, OPEN, "open_clip_model.safetensors")},                                           \
    };                                                                                                       \
    static const ModelFile variable##_bin[] = {                                                              \
        {AT("laion/" label, OPEN, "open_clip_config.json")},                                                 \
        VOCABULARY,                                                                                          \
        {AT("laion/" label, OPEN, "open_clip_pytorch_model.bin")},                                           \
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

/* Texts in many languages; its tokenizer is the one that its configuration names. */
#define XLM_ROBERTA_B32 "CLIP-ViT-B-32-xlm-roberta-base-laion5B-s13B-b90k"
static const ModelFile xlm_roberta_b32_safetensors[] = {
    {AT("laion/" XLM_ROBERTA_B32, OPEN, "open_clip_config.json")},
    {AT("FacebookAI/xlm-roberta-base", OPEN, "sentencepiece.bpe.model")},
    {AT("laion/" XLM_ROBERTA_B32, OPEN, "open_clip_model.safetensors")},
};
static const ModelFile xlm_roberta_b32_bin[] = {
    {AT("laion/" XLM_ROBERTA_B32, OPEN, "open_clip_config.json")},
    {AT("FacebookAI/xlm-roberta-base", OPEN, "sentencepiece.bpe.model")},
    {AT("laion/" XLM_ROBERTA_B32, OPEN, "open_clip_pytorch_model.bin")},
};
#define FOLDER(label, list)                                                                                  \
    {                                                                                                        \
        .folder = label, .files = list, .file_count = COUNT(list)                                            \
    }
static const ModelForm xlm_roberta_b32_forms[] = {
    FOLDER(XLM_ROBERTA_B32, xlm_roberta_b32_safetensors),
    FOLDER(XLM_ROBERTA_B32, xlm_roberta_b32_bin),
};

/* ---- Google's SigLIP and SigLIP 2 --------------------------------------------------------------------- */

/* digest and size of the tokenizer and of the weights; NULL and 0 if they are not known */
#define SIGLIP2_FORMS(variable, label, at, tokenizer_digest, tokenizer_bytes, digest, bytes)                 \
    static const ModelFile variable##_files[] = {                                                            \
        {AT("google/" label, at, "config.json")},                                                            \
        {AT("google/" label, at, "preprocessor_config.json")},                                               \
        {AT("google/" label, at, "tokenizer_config.json"), .optional = true},                                \
        {AT("google/" label, at, "tokenizer.json"), .sha256 = tokenizer_digest,                              \
         .size_bytes = tokenizer_bytes},                                                                     \
        {AT("google/" label, at, "model.safetensors"), .sha256 = digest, .size_bytes = bytes},               \
    };                                                                                                       \
    static const ModelForm variable##_forms[] = {FOLDER(label, variable##_files)}
#define SIGLIP2_OPEN(variable, label) SIGLIP2_FORMS(variable, label, OPEN, NULL, 0, NULL, 0)

#define SIGLIP2_B16_224_REVISION "75de2d55ec2d0b4efc50b3e9ad70dba96a7b2fa2"
#define SIGLIP2_B16_224_SHA256 "612923381c76ec5a9bed335d1c48827e3f2e506ac31b044b63b2031fadee6a0b"
#define SIGLIP2_B32_REVISION "94dffa8cb1179de3e03f091dbc3917e5d5a9ae84"
SIGLIP2_FORMS(siglip2_b32_256, "siglip2-base-patch32-256", SIGLIP2_B32_REVISION, NULL, 0, NULL, 0);
SIGLIP2_FORMS(siglip2_b16_224, "siglip2-base-patch16-224", SIGLIP2_B16_224_REVISION,
              "cb9140fae3ac5122c972d37adf83e1248471a38147ad76f8215c8872c6fd8322", 34363039,
              SIGLIP2_B16_224_SHA256, 1500800904);
SIGLIP2_OPEN(siglip2_b16_256, "siglip2-base-patch16-256");
SIGLIP2_OPEN(siglip2_b16_384, "siglip2-base-patch16-384");
SIGLIP2_OPEN(siglip2_b16_512, "siglip2-base-patch16-512");
SIGLIP2_OPEN(siglip2_l16_256, "siglip2-large-patch16-256");
SIGLIP2_OPEN(siglip2_l16_384, "siglip2-large-patch16-384");
SIGLIP2_OPEN(siglip2_so14_224, "siglip2-so400m-patch14-224");
SIGLIP2_OPEN(siglip2_so14_384, "siglip2-so400m-patch14-384");
SIGLIP2_OPEN(siglip2_so16_256, "siglip2-so400m-patch16-256");
SIGLIP2_OPEN(siglip2_so16_384, "siglip2-so400m-patch16-384");
SIGLIP2_OPEN(siglip2_so16_512, "siglip2-so400m-patch16-512");

#define SIGLIP_B16 "google/siglip-base-patch16-224"
static const ModelFile siglip_b16_files[] = {
    {AT(SIGLIP_B16, OPEN, "config.json")},
    {AT(SIGLIP_B16, OPEN, "preprocessor_config.json")},
    {AT(SIGLIP_B16, OPEN, "spiece.model")},
    {AT(SIGLIP_B16, OPEN, "model.safetensors")},
};
static const ModelForm siglip_b16_forms[] = {FOLDER("siglip-base-patch16-224", siglip_b16_files)};

/* ---- Meta's PE-Core: one weight file without settings, and CLIP's vocabulary -------------------------- */

#define PE_FORMS(variable, label)                                                                            \
    static const ModelFile variable##_files[] = {VOCABULARY, {AT("facebook/" label, OPEN, label ".pt")}};    \
    static const ModelForm variable##_forms[] = {ARCHIVE_FORM(label, variable##_files)}
PE_FORMS(pe_t16, "PE-Core-T16-384");
PE_FORMS(pe_s16, "PE-Core-S16-384");
PE_FORMS(pe_b16, "PE-Core-B16-224");
PE_FORMS(pe_l14, "PE-Core-L14-336");

/* ---- OFA-Sys's Chinese-CLIP --------------------------------------------------------------------------- */

#define CHINESE_B16 "OFA-Sys/chinese-clip-vit-base-patch16"
#define CHINESE_B16_REVISION "36e679e65c2a2fead755ae21162091293ad37834"
#define CHINESE_VOCABULARY                                                                                   \
    {                                                                                                        \
        AT(CHINESE_B16, CHINESE_B16_REVISION, "vocab.txt"),                                                  \
            .sha256 = "45bbac6b341c319adc98a532532882e91a9cefc0329aa57bac9ae761c27b291c",                    \
            .size_bytes = 109540                                                                             \
    }
static const ModelFile chinese_b16_files[] = {
    {AT(CHINESE_B16, CHINESE_B16_REVISION, "config.json"),
     .sha256 = "97850313ab34f4fdeed3a7886b4db8b209a842a48d1cbda079abd071d12c7a2f", .size_bytes = 3008},
    {AT(CHINESE_B16, CHINESE_B16_REVISION, "preprocessor_config.json"),
     .sha256 = "0e00af244b402c34f92898e2ba68359762ad3788e087b2a0e4d575512f388ea9", .size_bytes = 342},
    CHINESE_VOCABULARY,
    {AT(CHINESE_B16, CHINESE_B16_REVISION, "pytorch_model.bin"),
     .sha256 = "7b7b583c210c867410bc6bdb8a55fe14eec62999e0a9ea31ff222dc501f9cfbe", .size_bytes = 753177983},
};
/* A conversion at another revision of the same repository; its digest is not known. */
static const ModelFile chinese_b16_converted[] = {
    {AT(CHINESE_B16, CHINESE_B16_REVISION, "config.json"),
     .sha256 = "97850313ab34f4fdeed3a7886b4db8b209a842a48d1cbda079abd071d12c7a2f", .size_bytes = 3008},
    {AT(CHINESE_B16, CHINESE_B16_REVISION, "preprocessor_config.json"),
     .sha256 = "0e00af244b402c34f92898e2ba68359762ad3788e087b2a0e4d575512f388ea9", .size_bytes = 342},
    CHINESE_VOCABULARY,
    {AT(CHINESE_B16, "f4a64596bbcf9a2a94591b74b9dc39b2e4e77e3e", "model.safetensors")},
};
static const ModelForm chinese_b16_forms[] = {
    FOLDER("chinese-clip-vit-base-patch16", chinese_b16_files),
    FOLDER("chinese-clip-vit-base-patch16", chinese_b16_converted),
};

#define CHINESE_FILES(label, weights)                                                                        \
    {                                                                                                        \
        {AT("OFA-Sys/" label, OPEN, "config.json")},                                                         \
            {AT("OFA-Sys/" label, OPEN, "preprocessor_config.json")}, CHINESE_VOCABULARY,                    \
            {AT("OFA-Sys/" label, OPEN, weights)},                                                           \
    }
#define CHINESE_FORMS(variable, label)                                                                       \
    static const ModelFile variable##_bin[] = CHINESE_FILES(label, "pytorch_model.bin");                     \
    static const ModelFile variable##_safetensors[] = CHINESE_FILES(label, "model.safetensors");             \
    static const ModelForm variable##_forms[] = {FOLDER(label, variable##_bin),                              \
                                                 FOLDER(label, variable##_safetensors)}
CHINESE_FORMS(chinese_l14, "chinese-clip-vit-large-patch14");
CHINESE_FORMS(chinese_l14_336, "chinese-clip-vit-large-patch14-336px");
CHINESE_FORMS(chinese_h14, "chinese-clip-vit-huge-patch14");

/* ---- the table ---------------------------------------------------------------------------------------- */

#define OPEN_CLIP_FIGURES "open_clip: docs/openclip_results.csv, docs/openclip_retrieval_results.csv"
#define SIGLIP2_FIGURES "google-research/big_vision: README_siglip2.md"
#define PE_FIGURES "facebookresearch/perception_models: README.md"
#define CHINESE_FIGURES "OFA-Sys/Chinese-CLIP: Results.md"
#define GEMMA "its tokenizer is Gemma's: Gemma's terms of use hold for that file"

/* repository @ revision, first weight file with digest; bytes of all files, or about so many */
#define FROM(owner_name, at, at_text, file, digest, bytes, about)                                            \
    .repository = owner_name, .revision = at,                                                                \
    .weights_url = HUGGING_FACE owner_name "/resolve/" at_text "/" file, .weights_sha256 = digest,           \
    .size_bytes = bytes, .size_about_bytes = about
#define PINNED(owner_name, at, file, digest, bytes) FROM(owner_name, at, at, file, digest, bytes, bytes)
#define UNPINNED(owner_name, file, about) FROM(owner_name, OPEN, "main", file, NULL, 0, about)
#define SHAPE(numbers, side, texts) .dimensions = numbers, .image_size = side, .languages = texts
#define FIGURES(coco, imagenet, by) .coco_recall = coco, .imagenet_accuracy = imagenet, .accuracy_source = by
#define VIDEO(recall) .msrvtt_recall = recall
#define MB *UINT64_C(1000000)
#define FORMS(list) .forms = list, .form_count = COUNT(list)
#define ROW(label, list, ...)                                                                                \
    {                                                                                                        \
        .model = {.name = label, __VA_ARGS__}, FORMS(list)                                                   \
    }

#define LAION_ROW(label, repository_name, list, about, numbers, coco, imagenet)                              \
    ROW(label, list, UNPINNED("laion/" repository_name, "open_clip_model.safetensors", about),               \
        SHAPE(numbers, 224, "English"), FIGURES(coco, imagenet, OPEN_CLIP_FIGURES), .licence = "MIT")
#define SIGLIP2_ROW(label, repository_name, list, about, numbers, side, coco, imagenet)                      \
    ROW(label, list, UNPINNED("google/" repository_name, "model.safetensors", about),                        \
        SHAPE(numbers, side, "many"), FIGURES(coco, imagenet, SIGLIP2_FIGURES), .licence = "Apache-2.0",     \
        .licence_note = GEMMA)
#define PE_ROW(label, file, list, about, numbers, side, coco, imagenet, video)                               \
    ROW(label, list, UNPINNED("facebook/" file, file ".pt", about), SHAPE(numbers, side, "English"),         \
        FIGURES(coco, imagenet, PE_FIGURES), VIDEO(video), .licence = "Apache-2.0")
#define CHINESE_ROW(label, repository_name, list, about, numbers, side, recall)                              \
    ROW(label, list, UNPINNED("OFA-Sys/" repository_name, "pytorch_model.bin", about),                       \
        SHAPE(numbers, side, "Chinese"), .coco_cn_recall = recall, .accuracy_source = CHINESE_FIGURES,       \
        .licence = "MIT")

const ModelSource rv_model_sources[] = {
    ROW("ViT-B/32", b32_forms,
        PINNED(OPENAI_B32, OPENAI_B32_REVISION, "pytorch_model.bin",
               "a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f", 608862599),
        SHAPE(512, 224, "English"), FIGURES(30.4, 63.3, OPEN_CLIP_FIGURES), VIDEO(31.2),
        .msrvtt_source = "Portillo-Quintero and others, arXiv 2102.12443", .licence = "MIT"),
    ROW("ViT-B/16", b16_forms,
        FROM(OPENAI_B16, OPENAI_B16_REVISION, OPENAI_B16_REVISION, "pytorch_model.bin", NULL, 0, 600 MB),
        SHAPE(512, 224, "English"), FIGURES(33.1, 68.3, OPEN_CLIP_FIGURES), .licence = "MIT"),
    ROW("ViT-L/14", l14_forms,
        PINNED(OPENAI_L14, OPENAI_L14_REVISION, "model.safetensors",
               "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb", 1711932400),
        SHAPE(768, 224, "English"), FIGURES(36.5, 75.5, OPEN_CLIP_FIGURES), .licence = "MIT"),
    ROW("ViT-L/14@336px", l14_336_forms,
        PINNED(OPENAI_L14_336, OPENAI_L14_336_REVISION, "pytorch_model.bin",
               "c6032c2e0caae3dc2d4fba35535fa6307dbb49df59c7e182b1bc4b3329b81801", 1713366139),
        SHAPE(768, 336, "English"), FIGURES(37.1, 76.6, OPEN_CLIP_FIGURES), .licence = "MIT"),
    ROW("ViT-B/32-laion2B", laion_b32_forms,
        PINNED("laion/" LAION_B32, LAION_B32_REVISION, "open_clip_model.safetensors",
               "ac4f8c4b88af6d963118cbf40ad93176d092abbedfcb752601ae1866352656e6", 606530301),
        SHAPE(512, 224, "English"), FIGURES(39.3, 66.6, OPEN_CLIP_FIGURES), .licence = "MIT"),
    LAION_ROW("ViT-B/32-DataComp", DATACOMP_B32, datacomp_b32_forms, 607 MB, 512, 37.1, 69.2),
    LAION_ROW("ViT-B/16-laion2B", LAION_B16, laion_b16_forms, 600 MB, 512, 42.3, 70.2),
    LAION_ROW("ViT-B/16-DataComp", DATACOMP_B16, datacomp_b16_forms, 600 MB, 512, 40.2, 73.5),
    LAION_ROW("ViT-L/14-laion2B", LAION_L14, laion_l14_forms, 1712 MB, 768, 46.5, 75.3),
    LAION_ROW("ViT-L/14-DataComp", DATACOMP_L14, datacomp_l14_forms, 1712 MB, 768, 45.7, 79.2),
    ROW("ViT-H/14-laion2B", laion_h14_forms,
        PINNED("laion/" LAION_H14, LAION_H14_REVISION, "open_clip_pytorch_model.bin",
               "9a78ef8e8c73fd0df621682e7a8e8eb36c6916cb3c16b291a082ecd52ab79cc4", 3946079310),
        SHAPE(1024, 224, "English"), FIGURES(49.5, 78.0, OPEN_CLIP_FIGURES), .licence = "MIT"),
    ROW("XLM-R-B/32", xlm_roberta_b32_forms,
        UNPINNED("laion/" XLM_ROBERTA_B32, "open_clip_model.safetensors", 1470 MB), SHAPE(512, 224, "many"),
        FIGURES(37.8, 62.4, OPEN_CLIP_FIGURES), .licence = "MIT"),
    ROW("SigLIP2-B/32-256", siglip2_b32_256_forms,
        FROM("google/siglip2-base-patch32-256", SIGLIP2_B32_REVISION, SIGLIP2_B32_REVISION,
             "model.safetensors", NULL, 0, 1542 MB),
        SHAPE(768, 256, "many"), FIGURES(47.2, 74.0, SIGLIP2_FIGURES), .licence = "Apache-2.0",
        .licence_note = GEMMA),
    ROW("SigLIP2-B/16-224", siglip2_b16_224_forms,
        PINNED("google/siglip2-base-patch16-224", SIGLIP2_B16_224_REVISION, "model.safetensors",
               SIGLIP2_B16_224_SHA256, 1535163943),
        SHAPE(768, 224, "many"), FIGURES(52.1, 78.2, SIGLIP2_FIGURES), .licence = "Apache-2.0",
        .licence_note = GEMMA),
    SIGLIP2_ROW("SigLIP2-B/16-256", "siglip2-base-patch16-256", siglip2_b16_256_forms, 1535 MB, 768, 256,
                53.2, 79.1),
    SIGLIP2_ROW("SigLIP2-B/16-384", "siglip2-base-patch16-384", siglip2_b16_384_forms, 1536 MB, 768, 384,
                54.6, 80.6),
    SIGLIP2_ROW("SigLIP2-B/16-512", "siglip2-base-patch16-512", siglip2_b16_512_forms, 1538 MB, 768, 512,
                55.2, 81.2),
    SIGLIP2_ROW("SigLIP2-L/16-256", "siglip2-large-patch16-256", siglip2_l16_256_forms, 3560 MB, 1024, 256,
                54.7, 82.5),
    SIGLIP2_ROW("SigLIP2-L/16-384", "siglip2-large-patch16-384", siglip2_l16_384_forms, 3562 MB, 1024, 384,
                55.3, 83.1),
    SIGLIP2_ROW("SigLIP2-So400m/14-224", "siglip2-so400m-patch14-224", siglip2_so14_224_forms, 4576 MB, 1152,
                224, 55.1, 83.2),
    SIGLIP2_ROW("SigLIP2-So400m/14-384", "siglip2-so400m-patch14-384", siglip2_so14_384_forms, 4578 MB, 1152,
                384, 55.8, 84.1),
    SIGLIP2_ROW("SigLIP2-So400m/16-256", "siglip2-so400m-patch16-256", siglip2_so16_256_forms, 4577 MB, 1152,
                256, 55.4, 83.4),
    SIGLIP2_ROW("SigLIP2-So400m/16-384", "siglip2-so400m-patch16-384", siglip2_so16_384_forms, 4579 MB, 1152,
                384, 56.0, 84.1),
    SIGLIP2_ROW("SigLIP2-So400m/16-512", "siglip2-so400m-patch16-512", siglip2_so16_512_forms, 4581 MB, 1152,
                512, 56.0, 84.3),
    ROW("SigLIP-B/16", siglip_b16_forms, UNPINNED(SIGLIP_B16, "model.safetensors", 813 MB),
        SHAPE(768, 224, "English"), FIGURES(47.8, 76.0, OPEN_CLIP_FIGURES), .licence = "Apache-2.0"),
    PE_ROW("PE-Core-T/16-384", "PE-Core-T16-384", pe_t16_forms, 280 MB, 512, 384, 33.0, 62.1, 28.8),
    PE_ROW("PE-Core-S/16-384", "PE-Core-S16-384", pe_s16_forms, 350 MB, 512, 384, 42.6, 72.7, 39.3),
    PE_ROW("PE-Core-B/16-224", "PE-Core-B16-224", pe_b16_forms, 1792 MB, 1024, 224, 50.9, 78.4, 47.6),
    PE_ROW("PE-Core-L/14-336", "PE-Core-L14-336", pe_l14_forms, 2686 MB, 1024, 336, 57.1, 83.5, 50.3),
    ROW("Chinese-CLIP-B/16", chinese_b16_forms,
        PINNED(CHINESE_B16, CHINESE_B16_REVISION, "pytorch_model.bin",
               "7b7b583c210c867410bc6bdb8a55fe14eec62999e0a9ea31ff222dc501f9cfbe", 753290873),
        SHAPE(512, 224, "Chinese"), .coco_cn_recall = 62.2, .accuracy_source = CHINESE_FIGURES,
        .licence = "MIT"),
    CHINESE_ROW("Chinese-CLIP-L/14", "chinese-clip-vit-large-patch14", chinese_l14_forms, 1625 MB, 768, 224,
                64.0),
    CHINESE_ROW("Chinese-CLIP-L/14-336", "chinese-clip-vit-large-patch14-336px", chinese_l14_336_forms,
                1626 MB, 768, 336, 64.7),
    CHINESE_ROW("Chinese-CLIP-H/14", "chinese-clip-vit-huge-patch14", chinese_h14_forms, 3831 MB, 1024, 224,
                69.2),
};

const size_t rv_model_source_count = COUNT(rv_model_sources);
