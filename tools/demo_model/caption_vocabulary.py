# SPDX-License-Identifier: MIT
"""The vocabulary of the demo model, learnt from the words of its captions."""
import collections
import functools

import captions
from byte_pairs import BytePairs, learn_merges, split_words
from object_words import OBJECTS
from slide_words import WORDS

MERGE_COUNT = 1500


def _texts():
    templates = captions.THING_TEMPLATES + captions.SLIDE_TEMPLATES + captions.MIXED_TEMPLATES
    yield from (template.replace("{thing}", "").replace("{words}", "").replace("{}", "") for template in templates)
    yield from WORDS
    for names in [names for _, names in OBJECTS] + list(captions.SHAPES.values()):
        for name in names:
            yield name
            yield captions.plural(name)
    for _, names in captions.COLOURS.values():
        yield from names
    for _, _, phrases in captions.PLACES.values():
        yield from phrases
    for names in captions.COUNT_WORDS.values():
        yield from names


@functools.lru_cache
def caption_vocabulary():
    """BytePairs with merges learnt from every word that a caption may hold; the same each time."""
    counts = collections.Counter(word for text in _texts() for word in split_words(text))
    return BytePairs(learn_merges(counts, MERGE_COUNT))
