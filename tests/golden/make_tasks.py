"""Fine-tuning in plain PyTorch, in double precision: task heads on small bodies and adapters of low rank, with metrics
of classes by their definitions. tasks.json has inputs, logits, losses and scores, tasks.safetensors the weights
('<case>/<name>') and their gradients ('<case>/grad/<name>'), in single precision.

    python3 make_tasks.py    # PyTorch 1.13 or later, numpy
"""
import json
import re

import numpy as np
import torch
import torch.nn.functional as F
from make_models import Weights, bert_hidden, encoder_hidden, gpt, gpt_hidden, linear, write_safetensors

SIZE = {"contextLength": 6, "vocabSize": 9, "layers": 1, "heads": 2, "width": 4, "hidden": 6, "bias": True}
GPT = {**SIZE, "normOrder": "pre", "activation": "geluTanh", "normEpsilon": 1e-5}
BERT = {**SIZE, "normOrder": "post", "activation": "gelu", "normEpsilon": 1e-12}
ENCODER = {**SIZE, "normOrder": "post", "activation": "relu", "normEpsilon": 1e-5, "positions": "sinusoidal"}
LANGUAGE_WEIGHT = 0.5


def read(kind, w, c, tokens, segments, lengths):
    """What a body makes of texts: hidden states [R, T, C] and the vector that stands for each text [R, C]."""
    named = lambda name, *shape, **options: w(f"body.{name}", *shape, **options)
    if kind == "Bert":
        segments = torch.zeros_like(tokens) if segments is None else segments
        return bert_hidden(named, c, tokens, segments, lengths)
    if kind == "Gpt":
        hidden = gpt_hidden(named, c, tokens, lengths)
        return hidden, hidden[torch.arange(len(hidden)), torch.tensor(lengths) - 1]
    hidden = encoder_hidden(named, c, "", tokens, c["vocabSize"], lengths)
    kept = [row[:length].mean(0) for row, length in zip(hidden, lengths)]
    return hidden, torch.stack(kept)


def language_loss(w, hidden, tokens, lengths):
    """Mean over the symbols that another one of their text follows."""
    logits = hidden @ w("body.tokenEmbedding.weight").T
    each = [F.cross_entropy(logits[i, : n - 1], tokens[i, 1:n], reduction="sum") for i, n in enumerate(lengths)]
    return sum(each) / sum(n - 1 for n in lengths)


def classify(w, head, hidden, summary, classes, shape):
    if head == "TokenClassifier":
        return linear(w, "classifier", hidden, classes)
    if head == "PairClassifier":
        return linear(w, "classifier", summary.view(*shape[:2], -1).sum(1), classes)
    if head == "MultipleChoice":
        return linear(w, "scorer", summary, 1).view(*shape[:2])
    return linear(w, "classifier", summary, classes)


def run_head(w, case):
    batch, c = case["batch"], case["config"]
    tokens, labels = torch.tensor(batch["tokens"]), torch.tensor(batch["labels"])
    segments = torch.tensor(batch["segments"]) if "segments" in batch else None
    texts = tokens.flatten(0, -2)
    kinds = None if segments is None else segments.flatten(0, -2)
    hidden, summary = read(case["body"], w, c, texts, kinds, batch["lengths"])
    logits = classify(w, case["head"], hidden, summary, case["classes"], tokens.shape)
    loss = F.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=-100)
    if case["languageWeight"] > 0:
        loss = loss + case["languageWeight"] * language_loss(w, hidden, texts, batch["lengths"])
    return logits, loss


TEXTS = {"tokens": [[1, 2, 3, 4, 5], [6, 7, 8, 0, 0]], "lengths": [5, 3]}
SEVERAL = {
    "tokens": [[[1, 2, 7, 3], [1, 3, 7, 2]], [[1, 4, 5, 0], [1, 5, 0, 0]], [[2, 8, 0, 0], [2, 6, 3, 4]]],
    "lengths": [4, 4, 3, 2, 2, 4],
}
SEGMENTS = [[0, 0, 1, 1, 1], [0, 1, 1, 0, 0]]
MANY_SEGMENTS = [[[0, 0, 1, 1], [0, 0, 0, 1]], [[0, 1, 1, 0], [0, 1, 0, 0]], [[0, 1, 0, 0], [0, 0, 1, 1]]]
TAGS = [[0, -100, 2, 1, -100], [1, 2, 0, -100, -100]]


def head_case(head, body, config, classes, batch, language_weight=0.0):
    options = {"head": head, "body": body, "classes": classes, "languageWeight": language_weight}
    name = f"{head} on {body}" + (" with the language loss" if language_weight else "")
    return {"name": name, **options, "config": config, "batch": batch}


HEADS = [
    head_case("SequenceClassifier", "Bert", BERT, 3, {**TEXTS, "segments": SEGMENTS, "labels": [2, 0]}),
    head_case("SequenceClassifier", "Encoder", ENCODER, 3, {**TEXTS, "labels": [2, 0]}),
    head_case("SequenceClassifier", "Gpt", GPT, 3, {**TEXTS, "labels": [2, 0]}, LANGUAGE_WEIGHT),
    head_case("TokenClassifier", "Bert", BERT, 3, {**TEXTS, "segments": SEGMENTS, "labels": TAGS}),
    head_case("TokenClassifier", "Gpt", GPT, 3, {**TEXTS, "labels": TAGS}, LANGUAGE_WEIGHT),
    head_case("PairClassifier", "Gpt", GPT, 2, {**SEVERAL, "labels": [1, 0, 1]}, LANGUAGE_WEIGHT),
    head_case("MultipleChoice", "Bert", BERT, 1, {**SEVERAL, "segments": MANY_SEGMENTS, "labels": [1, 0, 1]}),
    head_case("MultipleChoice", "Gpt", GPT, 1, {**SEVERAL, "labels": [1, 0, 1]}, LANGUAGE_WEIGHT),
]

LORA = {"rank": 2, "alpha": 6.0}


class Adapted(Weights):
    """Some weights are W + α/r·B·A, with A and B drawn as well (Hu et al. 2021, section 4.1)."""

    def __init__(self, seed, match):
        super().__init__(seed)
        self.match = match

    def __call__(self, name, *shape, **options):
        weight = super().__call__(name, *shape, **options)
        path = name[: -len(".weight")]
        if not name.endswith(".weight") or not re.search(self.match, path):
            return weight
        outputs, inputs = weight.shape
        down = super().__call__(f"{path}.adapter.down", LORA["rank"], inputs)
        up = super().__call__(f"{path}.adapter.up", outputs, LORA["rank"])
        return weight + LORA["alpha"] / LORA["rank"] * (up @ down)


def golden(values):
    return {"shape": list(values.shape), "data": values.detach().flatten().tolist()}


def in_8_bits(weight):
    """Each row as whole numbers from -127 to 127 times a 127th of its largest magnitude."""
    scales = weight.abs().amax(1, keepdim=True) / 127
    return (weight / scales).round() * scales


def lora_layer():
    """One linear layer with an adapter, over its floats and over 8 bits: output, gradients, merged weight."""
    w = Weights(7)
    x, weight, bias = w("x", 2, 3, 5, scale=1.0), w("weight", 4, 5), w("bias", 4)
    down, up, cotangent = w("down", LORA["rank"], 5), w("up", 4, LORA["rank"]), w("cotangent", 2, 3, 4, scale=1.0)
    case = {**LORA, **{name: golden(values) for name, values in w.all.items()}}
    product = LORA["alpha"] / LORA["rank"] * (up @ down)
    for kind, base in (("floats", weight.detach()), ("int8", in_8_bits(weight.detach()))):
        y = F.linear(x, base, bias) + F.linear(F.linear(x, down), up) * (LORA["alpha"] / LORA["rank"])
        found = torch.autograd.grad(y, (x, down, up), cotangent.detach())
        gradients = {name: golden(values) for name, values in zip(("x", "down", "up"), found)}
        case[kind] = {"y": golden(y), "gradients": gradients, "merged": golden(base + product)}
    return case


MATCH = r"(queryKeyValue|expand)$"
LORA_GPT = {
    "config": GPT,
    "match": MATCH,
    "data": {"tokens": [[1, 2, 3, 4], [5, 6, 7, 8]], "targets": [[2, 3, 4, 5], [6, 7, 8, 0]]},
}


def scores(labels, told, classes):
    """Metrics by their definitions, undefined ratios 0, means over the classes that occur in either list."""
    share = lambda part, whole: part / whole if whole else 0.0
    right = labels == told
    met = [k for k in range(classes) if (labels == k).any() or (told == k).any()]
    hits = [int((right & (labels == k)).sum()) for k in met]
    precision = [share(hit, int((told == k).sum())) for hit, k in zip(hits, met)]
    recall = [share(hit, int((labels == k).sum())) for hit, k in zip(hits, met)]
    f1 = [share(2 * p * r, p + r) for p, r in zip(precision, recall)]
    support = np.array([(labels == k).sum() for k in met])
    # Matthews as the correlation of the two lists' indicators (Gorodkin 2004, equation 8).
    x, y = (np.eye(classes)[values] - np.eye(classes)[values].mean(0) for values in (labels, told))
    return {
        "accuracy": float(right.mean()),
        "balancedAccuracy": float(np.mean([r for r, n in zip(recall, support) if n])),
        "binary": f1[met.index(1)] if 1 in met else 0.0,
        "macro": float(np.mean(f1)),
        "micro": float(right.mean()),
        "weighted": float(np.average(f1, weights=support)),
        "matthews": share(float((x * y).sum()), float(np.sqrt((x * x).sum() * (y * y).sum()))),
        "precision": precision,
        "recall": recall,
        "support": support.tolist(),
    }


def metric_cases():
    random = np.random.default_rng(3)
    for classes, count, skill in ((2, 20, 0.7), (2, 9, 0.0), (3, 30, 0.6), (5, 12, 0.4), (4, 40, 0.9), (6, 8, 0.3)):
        # Squares make low classes frequent, and some high ones absent.
        labels = (classes * random.random(count) ** 2).astype(int)
        told = np.where(random.random(count) < skill, labels, (classes * random.random(count)).astype(int))
        lists = {"labels": labels.tolist(), "predictions": told.tolist()}
        yield {**lists, **scores(labels, told, classes)}


def store(tensors, name, w, trained=""):
    """Weights, and gradients of those that the loss depends on and whose names contain `trained`."""
    for field, values in w.all.items():
        tensors[f"{name}/{field}"] = values
        if values.grad is not None and trained in field:
            tensors[f"{name}/grad/{field}"] = values.grad


def main():
    tensors, heads = {}, []
    for seed, case in enumerate(HEADS):
        w = Weights(seed)
        logits, loss = run_head(w, case)
        loss.backward()
        store(tensors, case["name"], w)
        heads.append({**case, "logits": golden(logits), "loss": loss.item()})
    w = Adapted(11, MATCH)
    logits, loss = gpt(w, LORA_GPT["config"], LORA_GPT["data"])
    loss.backward()
    store(tensors, "lora", w, ".adapter.")
    adapted = {**LORA, **LORA_GPT, "logits": golden(logits), "loss": loss.item()}
    write_safetensors("tasks.safetensors", tensors)
    with open("tasks.json", "w") as file:
        made = {"generator": "make_tasks.py", "torch": torch.__version__}
        cases = {"heads": heads, "loraLayer": lora_layer(), "loraGpt": adapted, "metrics": list(metric_cases())}
        json.dump({**made, **cases}, file, separators=(",", ":"))


if __name__ == "__main__":
    main()
