# SPDX-License-Identifier: MIT
"""The C library: where it is, its structs and its functions. Mirrors include/reelvec/*.h, nothing else.

tests/python/test_abi.py compares every struct with what a C compiler says of the headers.
"""
from __future__ import annotations

import ctypes
import ctypes.util
import functools
import logging
import operator
import os
import pathlib
import signal
import sys
import threading
import weakref
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_double, c_float, c_int, c_int32, c_int64,
                    c_size_t, c_uint8, c_uint64, c_void_p)

from types import FrameType
from typing import Any, Callable, Optional, Type, Union

from . import errors

API_VERSION = 1  # REELVEC_API_VERSION of the headers that this file mirrors

THREADS_MAX, BATCH_MAX, JOBS_MAX = 1024, 256, 256
MODEL_DETAILS_SIZE = 1024
TOP_MAX = 2**31 - 1
FILE_TEXT, FILE_PICTURE = 0, 2  # of RvFileKind
OPEN_WRITE, OPEN_CREATE, OPEN_READ = 0, 1, 2
LENGTH_ONE, LENGTH_MODEL = 0, 1

log = logging.getLogger("reelvec")


def reserved(count: int) -> list[Any]:
    """What a struct has at its end for later versions; 0."""
    return [("reserved", c_uint64 * count)]


def length_of(normalize: bool) -> int:
    """The RvLength that an argument `normalize` asks for."""
    return LENGTH_ONE if normalize else LENGTH_MODEL


def values_of(raw: Structure) -> list[Any]:
    """A struct's members in their order, without those of later versions."""
    return [getattr(raw, field[0]) for field in raw._fields_ if field[0] != "reserved"]


class RvError(Structure):
    _fields_ = [("status", c_int), ("hint", c_int), ("message", c_char * 1024),
                ("hint_subject", c_char * 128)] + reserved(4)


LogWrite = CFUNCTYPE(None, c_void_p, c_int, c_char_p)


class RvLog(Structure):
    _fields_ = [("write", LogWrite), ("user", c_void_p)]


class RvImage(Structure):
    _fields_ = [("pixels_u8", c_void_p), ("width", c_int), ("height", c_int), ("channel_count", c_int),
                ("row_stride", c_size_t)] + reserved(1)


class RvPictureOptions(Structure):
    _fields_ = [("no_exif_rotation", c_bool), ("cancelled", c_void_p), ("cancelled_user", c_void_p),
                ("max_pixels", c_uint64)] + reserved(5)


class RvEncoderOptions(Structure):
    _fields_ = [("thread_count", c_int), ("device", c_char_p), ("precision", c_int), ("log", RvLog),
                ("engine", c_void_p)] + reserved(7)


class RvModelInfo(Structure):
    _fields_ = ([(name, c_char_p) for name in ("name", "path", "format", "weight_type", "activation", "kernels",
                                       "device", "device_name", "precision")] +
                [(name, c_int) for name in ("dimensions", "image_size", "patch_size", "context_length",
                                            "vocabulary_size", "vision_width", "vision_layers", "vision_heads",
                                            "text_width", "text_layers", "text_heads")] +
                [("parameter_count", c_size_t), ("thread_count", c_int), ("batch_size", c_int)] +
                [(name, c_char_p) for name in ("family", "text_activation", "tokenizer", "resize", "resize_filter")] +
                [(name, c_float * 3) for name in ("image_mean", "image_deviation")] +
                [("vision_mlp_width", c_int), ("text_mlp_width", c_int)] +
                [(name, c_char_p) for name in ("vision_norm", "text_norm", "vision_pooling", "text_pooling", "text_mask",
                                               "vision_projection", "text_projection", "positions", "cleaning")])


class RvLibraryOptions(Structure):
    _fields_ = [("mode", c_int), ("device", c_char_p),
                ("thread_count", c_int), ("log", RvLog), ("engine", c_void_p)] + reserved(7)


class RvStrings(Structure):
    _fields_ = [("items", POINTER(c_char_p)), ("count", c_size_t)]


class RvSourceOptions(Structure):
    _fields_ = [("exclude", POINTER(c_char_p)), ("exclude_count", c_size_t), ("follow", c_bool), ("log", RvLog)] + reserved(8)


class RvSources(Structure):
    _fields_ = ([("videos", RvStrings), ("size_bytes", POINTER(c_int64)), ("folder", c_bool)] +
                [(name, c_size_t) for name in ("other_count", "text_count", "excluded_count", "link_count",
                                               "unreadable_count")] + reserved(8))


class RvIndexProgress(Structure):
    _fields_ = [("video", c_char_p), ("stage", c_int), ("slot", c_int), ("frames_done", c_size_t),
                ("frames_expected", c_size_t), ("bytes_read", c_int64), ("bytes_expected", c_int64), ("video_s", c_double),
                ("elapsed_s", c_double)]


IndexProgressCallback = CFUNCTYPE(c_bool, c_void_p, POINTER(RvIndexProgress))


class RvSamplingOptions(Structure):
    _fields_ = [("kind", c_int), ("interval_s", c_double), ("scene_threshold", c_double), ("exact_pixels", c_bool),
                ("compat", c_char_p), ("from_s", c_double), ("to_s", c_double)] + reserved(6)


class RvIndexOptions(Structure):
    _fields_ = [("batch_size", c_int),
                ("thumbnail_height", c_int), ("thumbnail_quality", c_int), ("sampling", RvSamplingOptions), ("hwaccel", c_char_p), ("skip_similar", c_double),
                ("embedding_length", c_int), ("retry_failed", c_bool), ("force", c_bool),
                ("progress", IndexProgressCallback), ("progress_user", c_void_p)] + reserved(8)


class RvIndexReport(Structure):
    _fields_ = ([("outcome", c_int), ("video_id", c_int64)] +
                [(name, c_size_t) for name in ("frame_count", "frames_embedded", "frames_similar", "similar_checked")] +
                [("similar_cosine", c_double)] +
                [(name, c_size_t) for name in ("frames_resumed", "damaged_packets")] +
                [(name, c_double) for name in ("decode_s", "pixels_s", "embed_s", "store_s", "total_s")] +
                [("same_as", c_char_p), ("failure", c_char_p)] + reserved(7))


class RvIndexItem(Structure):
    _fields_ = [("path_or_url", c_char_p), ("job", c_void_p)] + reserved(4)


IndexNext = CFUNCTYPE(c_int, c_void_p, c_int, POINTER(RvIndexItem))
IndexEnded = CFUNCTYPE(None, c_void_p, c_int, c_int, POINTER(RvIndexReport), POINTER(RvError))


class RvIndexList(Structure):
    _fields_ = [("jobs", c_int), ("next", IndexNext), ("ended", IndexEnded), ("user", c_void_p)] + reserved(8)


class RvTerm(Structure):
    _fields_ = [("kind", c_int), ("value", c_char_p), ("image", POINTER(RvImage)), ("vector", c_void_p),
                ("time_s", c_double), ("weight", c_double), ("no_exif_rotation", c_bool), ("part", c_int64)] + reserved(3)


class RvSearchOptions(Structure):
    _fields_ = [("top", c_size_t), ("fusion", c_int), ("video_glob", c_char_p), ("min_score", POINTER(c_double)),
                ("after_s", POINTER(c_double)), ("before_s", POINTER(c_double)), ("moments", c_bool),
                ("partial", c_bool), ("moment_gap_s", c_double), ("scan", c_int), ("cancelled", c_void_p),
                ("cancelled_user", c_void_p), ("timeout_s", c_double), ("report", c_void_p),
                ("pad_s", c_double), ("within_s", c_double)] + reserved(2)


class RvHitPart(Structure):
    _fields_ = [("frame_number", c_int64), ("time_s", c_double), ("score", c_double)] + reserved(4)


class RvHit(Structure):
    _fields_ = [("video_id", c_int64), ("video", c_char_p), ("frame_number", c_int64), ("time_s", c_double),
                ("score", c_double), ("start_s", c_double), ("end_s", c_double), ("parts", POINTER(RvHitPart)),
                ("part_count", c_size_t)] + reserved(2)


class RvHits(Structure):
    _fields_ = [("items", POINTER(RvHit)), ("count", c_size_t)]


class RvFrameScore(Structure):
    _fields_ = [("frame_number", c_int64), ("time_s", c_double), ("end_s", c_double), ("score", c_double)] + reserved(2)


class RvFrameScores(Structure):
    _fields_ = [("video_id", c_int64), ("items", POINTER(RvFrameScore)), ("count", c_size_t)] + reserved(4)


class RvAnnOptions(Structure):
    _fields_ = [("kind", c_char_p), ("settings", c_char_p)] + reserved(8)


class RvAnnInfo(Structure):
    _fields_ = [("present", c_bool), ("kind", c_char * 32), ("settings", c_char * 160), ("size_bytes", c_int64),
                ("row_count", c_int64), ("newer_count", c_int64), ("automatic", c_bool), ("fault", c_char * 256)] + reserved(8)


class RvVideo(Structure):
    _fields_ = ([("video_id", c_int64)] +
                [(name, c_char_p) for name in ("path", "content_key", "codec", "sampling", "state_name")] +
                [("state", c_int), ("error", c_char_p)] +
                [("duration_s", c_double), ("frame_rate", c_double), ("width", c_int), ("height", c_int),
                 ("frame_count", c_int64)] + reserved(8))


class RvVideos(Structure):
    _fields_ = [("items", POINTER(RvVideo)), ("count", c_size_t)]


class RvFrameInfo(Structure):
    _fields_ = [("frame_number", c_int64), ("time_s", c_double)]


class RvFrames(Structure):
    _fields_ = [("items", POINTER(RvFrameInfo)), ("count", c_size_t)]


class RvFrameRows(Structure):
    _fields_ = [("count", c_size_t), ("dimensions", c_int), ("video_ids", c_void_p), ("frame_numbers", c_void_p),
                ("times_s", c_void_p), ("embeddings", c_void_p)]


FrameRowsCallback = CFUNCTYPE(c_bool, c_void_p, POINTER(RvFrameRows))


class RvLibraryInfo(Structure):
    _fields_ = ([("uri", c_char * 1024), ("schema_version", c_int), ("model_name", c_char * 128),
                 ("weights_sha256", c_char * 65), ("model_path", c_char * 4096), ("dimensions", c_int),
                 ("normalized", c_bool)] +
                [(name, c_int64) for name in ("video_count", "complete_count", "failed_count", "frame_count", "damaged_count",
                                              "size_bytes", "picture_bytes", "embedding_bytes",
                                              "code_bytes", "code_count")] +
                [("min_embedding_length", c_double), ("max_embedding_length", c_double),
                 ("min_picture_height", c_int), ("max_picture_height", c_int), ("from_pictures_count", c_int64),
                 ("schema", c_char * 64), ("worker_count", c_int), ("shard_count", c_int)] + reserved(6))


class RvCopyProgress(Structure):
    _fields_ = ([("video", c_char_p)] +
                [(name, c_size_t) for name in ("videos_done", "videos_expected", "frames_done", "frames_expected")] +
                [("elapsed_s", c_double)])


CopyProgressCallback = CFUNCTYPE(c_bool, c_void_p, POINTER(RvCopyProgress))


class RvCopyOptions(Structure):
    _fields_ = [("video_glob", c_char_p), ("replace", c_bool), ("batch_size", c_int),
                ("progress", CopyProgressCallback), ("progress_user", c_void_p)] + reserved(8)


class RvCopyReport(Structure):
    _fields_ = [(name, c_size_t) for name in ("videos_copied", "videos_present", "videos_refused", "frames_copied")] + reserved(8)


LeftOutCallback = CFUNCTYPE(None, c_void_p, c_char_p, POINTER(RvError))


class RvReembedOptions(Structure):
    _fields_ = ([("video_glob", c_char_p)] + [(name, c_bool) for name in ("from_pictures", "replace", "exact_pixels")] +
                [("batch_size", c_int), ("jobs", c_int), ("hwaccel", c_char_p), ("skip_similar", c_double),
                 ("progress", CopyProgressCallback), ("left_out", LeftOutCallback), ("user", c_void_p)] + reserved(8))


class RvReembedReport(Structure):
    _fields_ = [(name, c_size_t) for name in ("videos_embedded", "videos_from_pictures", "videos_present", "videos_left_out",
                                              "frames_embedded", "videos_elsewhere")] + reserved(7)


class RvRate(Structure):
    _fields_ = [("num", c_int), ("den", c_int)]


class RvAudioTrack(Structure):
    _fields_ = [("channels", c_int), ("sample_rate", c_int), ("codec", c_char * 32), ("language", c_char * 16)] + reserved(2)


class RvMedia(Structure):
    _fields_ = ([("path", c_char_p), ("rate", RvRate), ("variable_rate", c_bool), ("frame_count", c_int64),
                 ("duration_s", c_double), ("first_frame_s", c_double), ("has_timecode", c_bool), ("drop_frame", c_bool), ("timecode", c_char * 16),
                 ("start_frame", c_int64)] +
                [(name, c_int) for name in ("width", "height", "coded_width", "coded_height", "aspect_num", "aspect_den",
                                            "quarter_turns")] +
                [("codec", c_char * 32), ("audio", POINTER(RvAudioTrack)), ("audio_count", c_size_t),
                 ("warning", c_char * 256), ("zero_s", c_double), ("container", c_char * 32), ("hdr", c_bool)] + reserved(2))


class RvMoment(Structure):
    _fields_ = ([("video", c_char_p), ("name", c_char_p)] +
                [(name, c_double) for name in ("start_s", "end_s", "time_s", "score")] + reserved(4))


class RvMoments(Structure):
    _fields_ = [("items", POINTER(RvMoment)), ("count", c_size_t)]


class RvTimelineFormatInfo(Structure):
    _fields_ = [("name", c_char_p), ("title", c_char_p), ("endings", POINTER(c_char_p)), ("per_source", c_bool)]


class RvTimelineReport(Structure):
    _fields_ = [("moments_written", c_size_t), ("moments_left_out", c_size_t)] + reserved(6)


class RvTimelineOptions(Structure):
    _fields_ = [("format", c_char_p), ("title", c_char_p), ("rate", RvRate), ("handles_s", c_double),
                ("record_start", c_char_p), ("log", RvLog), ("report", POINTER(RvTimelineReport))] + reserved(7)


class RvTextFile(Structure):
    _fields_ = [("name", c_char_p), ("text", c_void_p), ("size_bytes", c_size_t)] + reserved(4)


class RvTextFiles(Structure):
    _fields_ = [("items", POINTER(RvTextFile)), ("count", c_size_t)]


class RvCutProgress(Structure):
    _fields_ = ([("video", c_char_p), ("path", c_char_p)] + [(name, c_size_t) for name in ("clip", "clips_expected")] +
                [(name, c_double) for name in ("done_s", "expected_s", "elapsed_s")])


CutProgressCallback = CFUNCTYPE(c_bool, c_void_p, POINTER(RvCutProgress))


class RvCutOptions(Structure):
    _fields_ = ([("ffmpeg", c_char_p), ("exact", c_bool), ("force", c_bool), ("handles_s", c_double),
                 ("container", c_char_p), ("name", c_char_p), ("thread_count", c_int), ("silence_s", c_double),
                 ("width", c_int), ("frame_rate", c_double), ("progress", CutProgressCallback), ("user", c_void_p),
                 ("log", RvLog)] + reserved(8))


class RvCut(Structure):
    _fields_ = ([("outcome", c_int), ("path", c_char_p)] + [(name, c_double) for name in ("start_s", "end_s", "early_s")] +
                [("frame_count", c_int64), ("size_bytes", c_int64), ("encoder", c_char * 32),
                 ("timecode", c_char * 16)] + reserved(8))


CutEnded = CFUNCTYPE(None, c_void_p, c_size_t, c_int, POINTER(RvCut), POINTER(RvError))


class RvCutReport(Structure):
    _fields_ = [(name, c_size_t) for name in ("made", "present", "failed")] + reserved(8)


FaultCallback = CFUNCTYPE(None, c_void_p, c_char_p)

P = POINTER
HANDLE = c_void_p
OUT = P(c_void_p)
E = P(RvError)

# name: (result, arguments). Functions that give a status are called through call().
FUNCTIONS = {
    "rv_version": (c_char_p, []),
    "rv_api_version": (c_int, []),
    "rv_encoder_open": (c_int, [c_char_p, P(RvEncoderOptions), OUT, E]),
    "rv_encoder_close": (None, [HANDLE]),
    "rv_encoder_info": (P(RvModelInfo), [HANDLE]),
    "rv_encoder_open_device": (c_int, [HANDLE, E]),
    "rv_encoder_weights_sha256": (c_int, [HANDLE, P(c_char_p), E]),
    "rv_encoder_details": (c_int, [HANDLE, P(c_char_p), E]),
    "rv_encoder_encode_text": (c_int, [HANDLE, c_char_p, c_size_t, c_int, c_void_p, E]),
    "rv_encoder_encode_images": (c_int, [HANDLE, P(RvImage), c_size_t, c_int, c_void_p, E]),
    "rv_encoder_tokenize": (c_int, [HANDLE, c_char_p, c_size_t, P(P(c_int32)), P(c_size_t), E]),
    "rv_picture_load": (c_int, [c_char_p, P(RvPictureOptions), OUT, E]),
    "rv_picture_decode": (c_int, [c_char_p, c_size_t, P(RvPictureOptions), OUT, E]),
    "rv_picture_image": (RvImage, [HANDLE]),
    "rv_picture_destroy": (None, [HANDLE]),
    "rv_library_open": (c_int, [c_char_p, P(RvLibraryOptions), OUT, E]),
    "rv_library_close": (None, [HANDLE]),
    "rv_library_open_encoder": (c_int, [HANDLE, P(RvEncoderOptions), OUT, E]),
    "rv_library_check_encoder": (c_int, [HANDLE, HANDLE, E]),
    "rv_library_default_path": (c_int, [c_char_p, c_size_t, E]),
    "rv_sources_find": (c_int, [c_char_p, P(RvSourceOptions), P(RvSources), E]),
    "rv_sources_clear": (None, [P(RvSources)]),
    "rv_source_show": (None, [c_char_p, c_char_p, c_size_t]),
    "rv_library_index_list": (c_int, [HANDLE, HANDLE, P(RvIndexList), P(RvIndexOptions), E]),
    "rv_library_search": (c_int, [HANDLE, HANDLE, P(RvTerm), c_size_t, P(RvSearchOptions), P(RvHits), E]),
    "rv_hits_clear": (None, [P(RvHits)]),
    "rv_library_moments": (c_int, [HANDLE, P(RvHits), c_char_p, P(RvMoments), E]),
    "rv_library_video_scores": (c_int, [HANDLE, HANDLE, P(RvTerm), c_size_t, P(RvSearchOptions), c_char_p,
                                        P(RvFrameScores), E]),
    "rv_frame_scores_clear": (None, [P(RvFrameScores)]),
    "rv_library_ann_build": (c_int, [HANDLE, P(RvAnnOptions), E]),
    "rv_library_ann_drop": (c_int, [HANDLE, P(c_bool), E]),
    "rv_library_ann_info": (c_int, [HANDLE, P(RvAnnInfo), E]),
    "rv_library_paths": (c_int, [HANDLE, P(RvVideos), E]),
    "rv_video_player_time": (c_int, [c_char_p, c_int, c_double, P(c_double), E]),
    "rv_video_is_missing": (c_bool, [P(RvVideo)]),
    "rv_video_is_from_pictures": (c_bool, [P(RvVideo)]),
    "rv_library_list": (c_int, [HANDLE, c_char_p, P(RvVideos), E]),
    "rv_library_find": (c_int, [HANDLE, c_char_p, P(RvVideos), P(c_int), E]),
    "rv_videos_clear": (None, [P(RvVideos)]),
    "rv_library_frames": (c_int, [HANDLE, c_int64, P(RvFrames), E]),
    "rv_frames_clear": (None, [P(RvFrames)]),
    "rv_library_frame_at": (c_int, [HANDLE, c_char_p, c_double, P(c_int64), P(RvFrameInfo), E]),
    "rv_library_picture": (c_int, [HANDLE, c_int64, c_int64, P(P(c_uint8)), P(c_size_t), E]),
    "rv_free": (None, [c_void_p]),
    "rv_library_embeddings": (c_int, [HANDLE, c_char_p, FrameRowsCallback, c_void_p, E]),
    "rv_library_model_details": (c_int, [HANDLE, c_char_p, c_size_t, E]),
    "rv_library_id": (c_int, [HANDLE, c_char_p, E]),
    "rv_library_length": (c_int, [HANDLE, P(c_int), E]),
    "rv_library_info": (c_int, [HANDLE, P(RvLibraryInfo), E]),
    "rv_library_verify": (c_int, [HANDLE, FaultCallback, c_void_p, P(c_size_t), E]),
    "rv_library_remove": (c_int, [HANDLE, c_int64, E]),
    "rv_library_copy": (c_int, [HANDLE, HANDLE, P(RvCopyOptions), P(RvCopyReport), E]),
    "rv_library_reembed_possible": (c_int, [HANDLE, c_char_p, E]),
    "rv_media_read": (c_int, [c_char_p, P(RvMedia), E]),
    "rv_media_clear": (None, [P(RvMedia)]),
    "rv_timeline_make": (c_int, [P(RvMoment), c_size_t, P(RvTimelineOptions), P(RvTextFiles), E]),
    "rv_text_files_clear": (None, [P(RvTextFiles)]),
    "rv_moments_read": (c_int, [c_char_p, c_size_t, P(RvMoments), E]),
    "rv_moments_clear": (None, [P(RvMoments)]),
    "rv_timeline_format_count": (c_size_t, []),
    "rv_timeline_format": (P(RvTimelineFormatInfo), [c_size_t]),
    "rv_timeline_format_of_file": (P(RvTimelineFormatInfo), [c_char_p]),
    "rv_rate_read": (c_bool, [c_char_p, P(RvRate)]),


    "rv_file_check_replaced": (c_int, [c_char_p, c_int, E]),
    "rv_file_descriptor": (c_int, [c_char_p]),
    "rv_file_in_place": (c_bool, [c_char_p]),
    "rv_file_target": (c_int, [c_char_p, OUT, E]),
    "rv_file_remove_parts": (None, [c_char_p]),
    "rv_file_sync_name": (None, [c_char_p]),
    "rv_cut": (c_int, [P(RvMoment), c_char_p, P(RvCutOptions), P(RvCut), E]),
    "rv_cut_list": (c_int, [P(RvMoment), c_size_t, c_char_p, P(RvCutOptions), CutEnded, c_void_p, P(RvCutReport), E]),
    "rv_cut_preview": (c_int, [P(RvMoment), c_char_p, P(RvCutOptions), P(RvCut), E]),
    "rv_cut_clear": (None, [P(RvCut)]),
    "rv_cut_ffmpeg": (c_int, [c_char_p, c_char_p, c_size_t, c_char_p, c_size_t, E]),
    "rv_library_reembed": (c_int, [HANDLE, HANDLE, HANDLE, P(RvReembedOptions), P(RvReembedReport), E]),
}


def candidates() -> list[str]:
    """Where the shared library may be, first choice first."""
    here, name = pathlib.Path(__file__).resolve(), f"libreelvec.so.{API_VERSION}"
    if sys.platform == "darwin":
        name = f"libreelvec.{API_VERSION}.dylib"
    setting = os.environ.get("REELVEC_LIBRARY_PATH")
    if setting:  # a file, or the folder it is in; nothing else is tried then
        return [os.path.join(setting, name) if os.path.isdir(setting) else setting]
    found = [str(place) for place in (here.parents[1] / ".reelvec.mesonpy.libs" / name,  # of a wheel
                                      here.parents[2] / "build/src" / name)  # of a checkout
             if place.exists()]
    system = ctypes.util.find_library("reelvec")
    return found + ([system] if system else []) + [name]


@functools.lru_cache(maxsize=None)
def load() -> ctypes.CDLL:
    reasons = []
    for name in candidates():
        try:
            library = ctypes.CDLL(name)
        except OSError as reason:
            reasons.append(str(reason))
            continue
        for function, (result, arguments) in FUNCTIONS.items():
            try:
                entry = getattr(library, function)
            except AttributeError:
                raise ImportError(f"{name}: has no {function}; it is older than this package") from None
            entry.restype, entry.argtypes = result, arguments
        version = library.rv_api_version()
        if version != API_VERSION:
            raise ImportError(f"{name}: interface {version} of libreelvec; this package is for {API_VERSION}")
        return library
    raise ImportError("the shared library libreelvec cannot be loaded; install the package again with it (`pip install .` in "
                      "reelvec's source), or install the library, or set REELVEC_LIBRARY_PATH to it "
                      f"({'; '.join(reasons)})")


class Library:
    """The C library, loaded by the first use of a function, so that importing the package never fails for want of it."""

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(name)
        entry = getattr(load(), name)
        setattr(self, name, entry)
        return entry


LIBRARY: Any = Library()


def failure(status: int, error: RvError, function: str) -> errors.ReelvecError:
    kind = errors.BY_STATUS.get(status, errors.InternalError)
    message = error.message.decode("utf-8", "replace") or f"{function} failed with status {status}"
    return kind(message + errors.words_of_hint(error.hint, error.hint_subject.decode("utf-8", "replace")))


def call(function: str, *arguments: Any) -> None:
    """Call a function that gives a status; raise its exception where it fails."""
    error = RvError()
    status = getattr(LIBRARY, function)(*arguments, ctypes.byref(error))
    if status != 0:
        raise failure(status, error, function)


def _write(user: Any, level: int, message: bytes) -> None:
    levels = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    log.log(levels[min(max(level, 0), 3)], "%s", message.decode("utf-8", "replace"))


_write_log = LogWrite(_write)


def log_to_python() -> RvLog:
    """The library's warnings to logging.getLogger("reelvec")."""
    return RvLog(write=_write_log, user=None)


def details_of(line: Optional[bytes]) -> dict[str, str]:
    """The keys and values of "family=clip; tokenizer=clip"."""
    parts = (part.split("=", 1) for part in (line or b"").decode("utf-8", "replace").split("; ") if "=" in part)
    return {key: value for key, value in parts}


def encode_text(text: str, what: str = "the text") -> bytes:
    """UTF-8 for a C string."""
    if not isinstance(text, str):
        raise TypeError(f"{what} must be str, not {type(text).__name__}")
    if "\0" in text:
        raise errors.ArgumentError(f"{what} holds a NUL character")
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise errors.ArgumentError(f"{what} holds half of a character (a lone surrogate)") from None


def encode_path(path: Union[str, bytes, os.PathLike[str]]) -> bytes:
    """A path, URL or name for C; "~" at its beginning is the home folder."""
    try:
        name = os.fsencode(os.path.expanduser(path))
    except UnicodeEncodeError:
        raise errors.ArgumentError("a path holds half of a character (a lone surrogate)") from None
    if b"\0" in name:
        raise errors.ArgumentError("a path holds a NUL character")
    return name


def encode_device(device: Optional[str]) -> Optional[bytes]:
    return None if device is None else encode_text(device, "the device")


def whole(value: Any, name: str, least: int, most: int) -> int:
    """A whole number that fits what C takes it for."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}") from None
    if not least <= number <= most:
        raise errors.ArgumentError(f"{name} is {number}; {least} to {most} are possible")
    return number


class Interrupts:
    """Ctrl-C during a C call is noted instead of raised, because an exception between two callbacks would get lost; it is
    raised at the end. Signals come to the main thread only."""

    def __init__(self) -> None:
        self.noted: Optional[tuple[int, Optional[FrameType]]] = None
        self._before: Optional[Callable[[int, Optional[FrameType]], Any]] = None

    def _note(self, number: int, frame: Optional[FrameType]) -> None:
        self.noted = (number, frame)

    def __enter__(self) -> "Interrupts":
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread() and callable(before):
            signal.signal(signal.SIGINT, self._note)
            self._before = before
        return self

    def __exit__(self, *exception: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            if self.noted is not None:
                self._before(*self.noted)


class Callback:
    """A Python function that C calls. Ctrl-C, or an exception in it, stops the C call and is raised behind it."""

    def __init__(self, kind: Type[Any], function: Callable[[Any], Any]):
        self._function = function
        self._exception: Optional[BaseException] = None
        self._interrupts = Interrupts()
        self.pointer = kind(self._run)

    @property
    def stopped(self) -> bool:
        """Whether it will let nothing go on any more."""
        return self._exception is not None or self._interrupts.noted is not None

    def _run(self, user: Any, argument: Any) -> bool:
        if self.stopped:
            return False
        try:
            go_on = self._function(argument.contents) is not False
        except BaseException as exception:  # ctypes would print and forget it
            self._exception = exception
            return False
        return go_on and self._interrupts.noted is None

    def call(self, function: str, *arguments: Any) -> None:
        cancelled = None
        with self._interrupts:
            try:
                call(function, *arguments)
            except errors.CancelledError as error:
                cancelled = error
        if self._exception is not None:
            raise self._exception
        if cancelled is not None:
            raise cancelled


class Uncopied:
    """An object that copy and pickle refuse, because what it stands for is one."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled; share it among threads, or open it again")


class Opened:
    """The C object of a handle, apart from it, so that it can be closed when the handle is gone."""

    def __init__(self, close: str):
        self.close_function = close
        self.reset()

    def reset(self) -> None:
        """As if never opened. After os.fork() the pointer is the parent's, and a lock of the parent may be held for ever."""
        self.process, self.lock, self.busy, self.pointer = os.getpid(), threading.RLock(), False, c_void_p()

    def close(self) -> None:
        pointer, self.pointer = self.pointer, c_void_p()
        if pointer:
            getattr(LIBRARY, self.close_function)(pointer)

    def finish(self) -> None:
        """Close it because nobody has it any more, or because the interpreter ends: then a thread may still use it."""
        if self.process == os.getpid() and self.lock.acquire(blocking=False):
            try:
                if not self.busy:
                    self.close()
            finally:
                self.lock.release()


class Handle(Uncopied):
    """A C object that serves one call at a time: calls of other threads wait. In a child of os.fork() it is dead: the
    threads that it needs were not copied, nor may two processes share its files. It is closed by close(), else with the
    last reference to it, else when the interpreter ends."""

    def __init__(self, close: str, kind: str = "object"):
        self._kind = kind
        self._opened = Opened(close)
        weakref.finalize(self, self._opened.finish)

    def __enter__(self) -> c_void_p:
        opened = self._opened
        if opened.process != os.getpid():  # before the lock, which a thread of the parent may have held
            raise RuntimeError(f"this {self._kind} was opened before os.fork(); open it again in the child")
        opened.lock.acquire()
        if opened.busy:
            opened.lock.release()
            raise RuntimeError("a progress function must not use the object that calls it")
        if not opened.pointer:
            opened.lock.release()
            raise ValueError(f"the {self._kind} is closed")
        opened.busy = True
        return opened.pointer

    def __exit__(self, *exception: object) -> None:
        self._opened.busy = False
        self._opened.lock.release()

    def close(self) -> None:
        opened = self._opened
        if opened.process != os.getpid():  # the parent's to give back
            opened.pointer = c_void_p()
            return
        with opened.lock:
            if opened.busy:
                raise RuntimeError("a progress function must not close the object that calls it")
            opened.close()

    @property
    def open(self) -> bool:
        """Whether it has been opened, maybe in another process."""
        return bool(self._opened.pointer)

    def fill(self, function: str, *arguments: Any) -> None:
        """Open through a function whose last argument before the error is the handle."""
        if self._opened.process != os.getpid():  # never opened, or the parent's
            self._opened.reset()
        call(function, *arguments, ctypes.byref(self._opened.pointer))
