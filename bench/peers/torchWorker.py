"""PyTorch on the processor, the twin of worker.js: `python3 torchWorker.py THREADS CASES`, the cases as JSON."""

import json
import math
import statistics
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import torchGpt
from torchInputs import inputs_of

WARM_UP = 0.3
MEASURED = 0.3
# Fewer calls than three are enough where they take this long.
LONG = 3.0
SAMPLES = 64


def main(threads, cases):
    torch.set_num_threads(threads)
    found = {}
    for one in cases:
        run, results = PREPARE[one["kind"]](one)
        samples = [samples_of(one, np.asarray(result).ravel()) for result in results()]
        times_of(run, WARM_UP)
        found[one["id"]] = {
            "milliseconds": 1000 * statistics.median(times_of(run, MEASURED)),
            "samples": samples,
        }
    print(json.dumps(found))


def samples_of(one, result):
    """Evenly spaced places among the first `checked` numbers, as checks.js takes them."""
    count = min(SAMPLES, one["checked"])
    places = [i * (one["checked"] - 1) // max(1, count - 1) for i in range(count)]
    return [float(result[place]) for place in places]


def times_of(run, seconds):
    times = []
    start = time.perf_counter()
    passed = lambda: time.perf_counter() - start
    while passed() < seconds or (len(times) < 3 and passed() < LONG):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return times


def product(one):
    a, b = inputs_of(one)
    a = a.T if one["transposeA"] else a
    b = b.T if one["transposeB"] else b

    def run():
        return torch.mm(a, b)

    return run, lambda: [run()]


def attend(q, k, v, hidden):
    """softmax(q·kᵀ/√D)·v, each [B, H, T, D]; this PyTorch has no fused attention."""
    scores = q @ k.transpose(-2, -1) * (1 / math.sqrt(q.shape[-1]))
    return F.softmax(scores.masked_fill_(hidden, -math.inf), dim=-1) @ v


def hidden_pairs(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)


def attention(one):
    q, k, v = inputs_of(one)
    hidden = hidden_pairs(one["time"])

    def run():
        with torch.inference_mode():
            return attend(q, k, v, hidden)

    return run, lambda: [run()]


def attention_backward(one):
    q, k, v, dy = inputs_of(one)
    hidden = hidden_pairs(one["time"])
    leaves = [x.requires_grad_() for x in (q, k, v)]

    def run():
        y = attend(q, k, v, hidden)
        return [y.detach(), *torch.autograd.grad(y, leaves, dy)]

    return run, run


PREPARE = {
    "product": product,
    "attention": attention,
    "attentionBackward": attention_backward,
    "training": torchGpt.training,
    "decoding": torchGpt.decoding,
}

if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
