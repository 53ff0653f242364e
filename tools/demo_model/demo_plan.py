# SPDX-License-Identifier: MIT
"""What the demo video shows, scene by scene, and what people may ask about it."""

SCENE_SECONDS = 3

# (kind, what, caption). What: words; objects; (colour, shape); with a number or a place where the kind has one.
SCENES = [
    ("words", "welcome", "a slide that says welcome"),
    ("object", ["cat"], "a cat"),
    ("words", "ultra-fast ingestion", "a slide that says ultra-fast ingestion"),
    ("shape", ("red", "circle"), "a red circle moving"),
    ("object", ["rocket"], "a rocket"),
    ("words", "machine learning", "a slide that says machine learning"),
    ("object", ["pizza"], "a pizza"),
    ("shape_count", ("blue", "star"), 3, "three blue stars"),
    ("object", ["bicycle"], "a bicycle"),
    ("words", "database", "a slide that says database"),
    ("object", ["elephant"], "an elephant"),
    ("object_pair", ["dog", "guitar"], "a dog and a guitar"),
    ("words", "lessons learned", "a slide that says lessons learned"),
    ("shape_place", ("green", "triangle"), "left", "a green triangle on the left"),
    ("object", ["strawberry"], "a strawberry"),
    ("words", "architecture", "a slide that says architecture"),
    ("object", ["owl"], "an owl"),
    ("object_count", ["apple"], 4, "four apples"),
    ("words", "semantic search", "a slide that says semantic search"),
    ("object", ["castle"], "a castle"),
    ("shape_pair", [("yellow", "square"), ("purple", "ring")], "a yellow square and a purple ring"),
    ("object", ["airplane"], "an airplane"),
    ("words", "benchmark", "a slide that says benchmark"),
    ("object", ["light bulb"], "a light bulb"),
    ("object", ["butterfly"], "a butterfly"),
    ("words", "coffee break", "a slide that says coffee break"),
    ("object", ["snowman"], "a snowman"),
    ("shape", ("orange", "hexagon"), "an orange hexagon moving"),
    ("object", ["sailboat"], "a sailing boat"),
    ("words", "any questions", "a slide that says any questions"),
    ("object", ["trophy"], "a trophy"),
    ("words", "thank you", "a slide that says thank you"),
]

# (text, caption of the right scene)
TEXT_QUERIES = [
    ("a slide that says welcome", 0), ("welcome", 0), ("a cat", 1), ("photo of a kitten", 1),
    ("ultra-fast ingestion", 2), ("a slide about ultra-fast ingestion", 2), ("a red circle", 3), ("a red disc", 3),
    ("a rocket", 4), ("a spaceship", 4), ("machine learning", 5), ("title slide: machine learning", 5), ("pizza", 6),
    ("three blue stars", 7), ("3 blue stars", 7), ("a bike", 8), ("the word database", 9), ("a picture of an elephant", 10),
    ("a guitar and a dog", 11), ("a puppy next to a guitar", 11), ("lessons learned", 12), ("a green triangle on the left", 13),
    ("a strawberry", 14), ("a slide that says architecture", 15), ("an image of an owl", 16), ("four apples", 17),
    ("4 apples", 17), ("text saying semantic search", 18), ("a european castle", 19), ("a yellow box and a violet ring", 20),
    ("a plane", 21), ("a title that reads benchmark", 22), ("a lamp", 23), ("a butterfly", 24), ("the coffee break slide", 25),
    ("a snowman", 26), ("an orange hexagon", 27), ("a sailing boat", 28), ("the slide \"any questions\"", 29),
    ("a winner's cup", 30), ("a slide with the words thank you", 31),
]

# (file, kind, what, scene): pictures to ask with, drawn by themselves
IMAGE_QUERIES = [
    ("query.png", "object", ["cat"], 1), ("query-rocket.png", "object", ["rocket"], 4), ("query-pizza.png", "object", ["pizza"], 6),
    ("query-owl.png", "object", ["owl"], 16), ("query-castle.png", "object", ["castle"], 19),
    ("query-red-circle.png", "shape", ("red", "circle"), 3), ("query-ingestion.png", "words", "ultra-fast ingestion", 2),
]

# The text asks for one scene and the picture for another: both belong among the first five.
COMBINED_QUERY = {"text": "ultra-fast ingestion", "image": "query.png", "scenes": [2, 1]}
