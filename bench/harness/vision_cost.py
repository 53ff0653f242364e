# SPDX-License-Identifier: MIT
"""What a picture costs in the vision tower of a Hugging Face configuration."""


def operations_per_image(shape):
    """Floating-point operations that are needed: two per multiply-add; of the last block only the class token's."""
    vision = shape["vision_config"]
    width, side = vision["hidden_size"], vision["image_size"] // vision["patch_size"]
    tokens, mlp = side * side + 1, vision["intermediate_size"]
    patches = 2 * side * side * 3 * vision["patch_size"] ** 2 * width
    block = 2 * tokens * width * (4 * width + 2 * mlp) + 4 * tokens * tokens * width
    last = 2 * tokens * 2 * width * width + 2 * width * (2 * width + 2 * mlp) + 4 * tokens * width
    return patches + (vision["num_hidden_layers"] - 1) * block + last + 2 * width * shape["projection_dim"]
