# SPDX-License-Identifier: MIT
"""What people may write for a scene: templates, numbers, places, colours and plurals."""

COUNT_WORDS = {2: ["two", "two", "2"], 3: ["three", "three", "3"], 4: ["four", "four", "4"], 5: ["five", "five", "5"]}

COLOURS = {
    "red": ((214, 30, 36), ["red"]), "orange": ((250, 140, 20), ["orange"]), "yellow": ((250, 220, 30), ["yellow"]),
    "green": ((36, 160, 60), ["green"]), "blue": ((34, 80, 215), ["blue"]), "purple": ((130, 50, 170), ["purple", "violet"]),
    "pink": ((250, 140, 190), ["pink"]), "brown": ((125, 75, 35), ["brown"]), "black": ((16, 16, 16), ["black"]),
    "white": ((248, 248, 248), ["white"]),
}
SHAPES = {
    "circle": ["circle", "disc", "dot"], "square": ["square", "box"], "triangle": ["triangle"], "star": ["star"],
    "hexagon": ["hexagon"], "diamond": ["diamond", "rhombus"], "ring": ["ring", "hoop"], "cross": ["cross", "plus sign"],
}
PLACES = {
    "left": (0.21, 0.5, ["on the left", "at the left", "on the left side", "left"]),
    "right": (0.79, 0.5, ["on the right", "at the right", "on the right side", "right"]),
    "top": (0.5, 0.21, ["at the top", "on top", "at the top of the picture"]),
    "bottom": (0.5, 0.79, ["at the bottom", "at the bottom of the picture", "bottom"]),
    "middle": (0.5, 0.5, ["in the middle", "in the centre", "in the center"]),
    "top left": (0.22, 0.22, ["in the top left corner", "at the top left", "top left"]),
    "top right": (0.78, 0.22, ["in the top right corner", "at the top right", "top right"]),
    "bottom left": (0.22, 0.78, ["in the bottom left corner", "at the bottom left", "bottom left"]),
    "bottom right": (0.78, 0.78, ["in the bottom right corner", "at the bottom right", "bottom right"]),
}
THING_TEMPLATES = ["{}", "{}", "{}", "a picture of {}", "a photo of {}", "photo of {}", "a drawing of {}", "an image of {}",
          "picture with {}", "this is {}", "a scene with {}", "find {}", "a video frame showing {}", "where is {}"]
SLIDE_TEMPLATES = ["{}", "{}", "a slide that says {}", "a slide that says {}", "slide with the words {}", "the word {}", "the words {}",
          "text saying {}", "the text {}", "title slide: {}", "a title that reads {}", "{} written on a slide",
          "a slide about {}", "the slide \"{}\"", "slide: {}", "the {} slide"]
MIXED_TEMPLATES = ["{thing} and the words {words}", "{thing} with the text {words}", "a slide with {thing} that says {words}"]


def article(noun):
    """The noun with its article where it takes one."""
    if noun.startswith("the ") or (noun.endswith("s") and not noun.endswith(("ss", "bus", "lens", "cactus", "octopus"))):
        return noun
    return ("an " if noun[0] in "aeiou" and not noun.startswith(("uni", "ufo", "eu")) else "a ") + noun


def plural(noun):
    """The plural of a noun, good enough for captions."""
    if noun.endswith("s") and not noun.endswith(("ss", "bus", "cactus", "octopus")):
        return noun
    if noun.endswith(("s", "x", "sh", "ch")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def pick(rng, items):
    """One of the items."""
    return items[int(rng.integers(len(items)))]


def name_of(rng, names):
    """The usual name half of the time, else any of them."""
    return names[0] if rng.random() < 0.5 else pick(rng, names)


def shape_name(rng, combo):
    """(colour, shape) in words: "red circle"."""
    colour, shape = combo
    return pick(rng, COLOURS[colour][1]) + " " + name_of(rng, SHAPES[shape])


def thing_caption(rng, thing):
    """A caption for a thing said with its article or number."""
    return pick(rng, THING_TEMPLATES).format(thing)


def one(rng, noun):
    """A noun with its article, or bare now and then."""
    return article(noun) if rng.random() < 0.75 else noun


def slide_caption(rng, words):
    """A caption for a slide with these words."""
    return pick(rng, SLIDE_TEMPLATES).format(words)


def mixed_caption(rng, thing, words):
    """A caption for a slide with an object and words."""
    return pick(rng, MIXED_TEMPLATES).format(thing=thing, words=words)
