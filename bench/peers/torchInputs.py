"""What the recipes of cases.js make, the twin of inputs.js."""

import numpy as np
import torch


def inputs_of(one):
    return [values_of(recipe) for recipe in one["inputs"]]


def weights_of(one):
    return {name: values_of(recipe) for name, recipe in one["weights"].items()}


def values_of(recipe):
    """A linear congruential generator (Numerical Recipes, chapter 7), all states at once: s·aⁿ + c·(aⁿ⁻¹ + … + 1), modulo 2³²."""
    count = int(np.prod(recipe["shape"]))
    powers = np.cumprod(np.full(count, 1664525, np.uint32), dtype=np.uint32)
    sums = np.cumsum(np.concatenate([np.ones(1, np.uint32), powers[:-1]]), dtype=np.uint32)
    states = powers * np.uint32(recipe["seed"]) + sums * np.uint32(1013904223)
    if "symbols" in recipe:
        data = (states / 2.0**32 * recipe["symbols"]).astype(np.int64)
    else:
        data = (recipe["offset"] + recipe["scale"] * (states / 2.0**31 - 1)).astype(np.float32)
    return torch.from_numpy(data).reshape(recipe["shape"])
