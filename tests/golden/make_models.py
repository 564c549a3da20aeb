"""Whole models in plain PyTorch, in double precision, under the names that ours have: models.json has logits and losses,
models.safetensors the weights ('<case>/<name>') and their gradients ('<case>/grad/<name>'), in single precision.

    python3 make_models.py    # PyTorch 1.13 or later
"""
import json
import math
import struct

import torch
import torch.nn.functional as F

D = torch.float64
SIZE = {"contextLength": 8, "layers": 2, "heads": 4, "width": 16, "hidden": 24}


class Weights:
    """Parameters made when they are first asked for, of values that are exact in single precision."""

    def __init__(self, seed):
        self.random = torch.Generator().manual_seed(seed)
        self.all = {}

    def __call__(self, name, *shape, scale=0.3, about=0.0):
        if name not in self.all:
            values = torch.randn(*shape, generator=self.random) * scale + about
            self.all[name] = values.to(torch.float32).to(D).requires_grad_(True)
        return self.all[name]


def linear(w, name, x, outputs, bias=True):
    b = w(f"{name}.bias", outputs) if bias else None
    return F.linear(x, w(f"{name}.weight", outputs, x.shape[-1]), b)


def norm(w, name, x, c):
    gain = w(f"{name}.gain", x.shape[-1], about=1.0)
    if c.get("norm") == "rms":
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + c["normEpsilon"]) * gain
    return F.layer_norm(x, x.shape[-1:], gain, w(f"{name}.bias", x.shape[-1]), c["normEpsilon"])


def turn(x, base):
    """Rotary positions as in Hugging Face's Llama: x·cos + rotate_half(x)·sin.  x: [B, H, T, D]"""
    time, width = x.shape[2], x.shape[3]
    inverse = base ** (-torch.arange(0, width, 2, dtype=D) / width)
    angles = torch.arange(time, dtype=D)[:, None] * inverse[None, :]
    cos, sin = (torch.cat([f(angles), f(angles)], -1) for f in (torch.cos, torch.sin))
    half = torch.cat([-x[..., width // 2 :], x[..., : width // 2]], -1)
    return x * cos + half * sin


def heads_of(x, heads):
    return x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)


def attend(q, k, v, hidden):
    """hidden: [.., T, S], true where a query does not see a key"""
    k, v = (t.repeat_interleave(q.shape[1] // t.shape[1], 1) for t in (k, v))
    scores = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).masked_fill(hidden, -math.inf)
    y = (scores.softmax(-1) @ v).transpose(1, 2)
    return y.reshape(y.shape[0], y.shape[1], -1)


def self_attention(w, name, x, c, hidden):
    heads, key_heads = c["heads"], c.get("keyHeads", c["heads"])
    width = c["width"] // heads
    parts = [heads * width, key_heads * width, key_heads * width]
    q, k, v = linear(w, f"{name}.queryKeyValue", x, sum(parts), c["bias"]).split(parts, -1)
    q, k, v = heads_of(q, heads), heads_of(k, key_heads), heads_of(v, key_heads)
    if c.get("positions") == "rotary":
        q, k = turn(q, c["rotaryBase"]), turn(k, c["rotaryBase"])
    return linear(w, f"{name}.output", attend(q, k, v, hidden), c["width"], c["bias"])


def cross_attention(w, name, x, memory, c, hidden):
    q = linear(w, f"{name}.query", x, c["width"])
    k, v = linear(w, f"{name}.keyValue", memory, 2 * c["width"]).chunk(2, -1)
    y = attend(*(heads_of(t, c["heads"]) for t in (q, k, v)), hidden)
    return linear(w, f"{name}.output", y, c["width"])


def mlp(w, name, x, c):
    expanded = linear(w, f"{name}.expand", x, c["hidden"], c["bias"])
    if c["activation"] == "swiglu":
        inner = F.silu(linear(w, f"{name}.gate", x, c["hidden"], c["bias"])) * expanded
    elif c["activation"] == "relu":
        inner = F.relu(expanded)
    else:
        inner = F.gelu(expanded, approximate="tanh" if c["activation"] == "geluTanh" else "none")
    return linear(w, f"{name}.project", inner, c["width"], c["bias"])


def block(w, name, x, c, hidden, memory=None, memory_hidden=None):
    sublayers = [("attentionNorm", lambda h: self_attention(w, f"{name}.attention", h, c, hidden))]
    if memory is not None:
        across = lambda h: cross_attention(w, f"{name}.crossAttention", h, memory, c, memory_hidden)
        sublayers.append(("crossAttentionNorm", across))
    sublayers.append(("mlpNorm", lambda h: mlp(w, f"{name}.mlp", h, c)))
    for field, run in sublayers:
        if c["normOrder"] == "pre":
            x = x + run(norm(w, f"{name}.{field}", x, c))
        else:
            x = norm(w, f"{name}.{field}", x + run(x), c)
    return x


def causal(time, window=None):
    i, j = torch.arange(time)[:, None], torch.arange(time)[None, :]
    return (j > i) | (j <= i - (window or time))


def padding(lengths, time):
    return (torch.arange(time)[None, :] >= torch.tensor(lengths)[:, None])[:, None, None, :]


def table(w, name, tokens, vocabulary, width):
    return F.embedding(tokens, w(f"{name}.weight", vocabulary, width))


def sinusoids(time, width):
    angles = torch.arange(time, dtype=D)[:, None] / 10000 ** (torch.arange(0, width, 2, dtype=D) / width)
    return torch.stack([angles.sin(), angles.cos()], -1).view(time, width)


def gpt_hidden(w, c, tokens, lengths=None):
    time, width = tokens.shape[1], c["width"]
    x = table(w, "tokenEmbedding", tokens, c["vocabSize"], width)
    if c.get("positions", "learned") == "learned":
        x = x + w("positionEmbedding.weight", c["contextLength"], width)[:time]
    padded = padding(lengths or [time] * len(tokens), time)
    for layer in range(c["layers"]):
        banded = c.get("windowLayers", "all") == "all" or layer % 2 == 1
        hidden = causal(time, c.get("window") if banded else None) | padded
        x = block(w, f"blocks.{layer}", x, c, hidden)
    return norm(w, "norm", x, c) if c["normOrder"] == "pre" else x


def gpt(w, c, data):
    tokens, targets = torch.tensor(data["tokens"]), torch.tensor(data["targets"])
    x = gpt_hidden(w, c, tokens)
    tied = c.get("tiedHead", True)
    head = w("tokenEmbedding.weight") if tied else w("head.weight", c["vocabSize"], c["width"])
    logits = x @ head.T
    return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def bert_hidden(w, c, tokens, segments, lengths):
    """Of each token, and of the whole from its first token."""
    time, width = tokens.shape[1], c["width"]
    x = table(w, "tokenEmbedding", tokens, c["vocabSize"], width)
    x = x + w("positionEmbedding.weight", c["contextLength"], width)[:time]
    x = norm(w, "embeddingNorm", x + table(w, "segmentEmbedding", segments, 2, width), c)
    for layer in range(c["layers"]):
        x = block(w, f"blocks.{layer}", x, c, padding(lengths, time))
    return x, linear(w, "pooler", x[:, 0], width).tanh()


def bert(w, c, data):
    tokens, segments, wanted = (torch.tensor(data[k]) for k in ("tokens", "segments", "targets"))
    x, pooled = bert_hidden(w, c, tokens, segments, data["lengths"])
    inner = norm(w, "tokenHead.norm", F.gelu(linear(w, "tokenHead.transform", x, c["width"])), c)
    logits = inner @ w("tokenEmbedding.weight").T + w("tokenHead.bias", c["vocabSize"])
    loss = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=-100)
    return logits, loss + F.cross_entropy(linear(w, "pairHead", pooled, 2), torch.tensor(data["pairs"]))


def embed_by_waves(w, c, name, tokens, vocabulary):
    x = table(w, f"{name}tokenEmbedding", tokens, vocabulary, c["width"]) * math.sqrt(c["width"])
    return x + sinusoids(tokens.shape[1], c["width"])


def encoder_hidden(w, c, name, tokens, vocabulary, lengths):
    x = embed_by_waves(w, c, name, tokens, vocabulary)
    for layer in range(c["layers"]):
        x = block(w, f"{name}blocks.{layer}", x, c, padding(lengths, tokens.shape[1]))
    return x


def seq2seq(w, c, data):
    source, target, following = (torch.tensor(data[k]) for k in ("source", "tokens", "targets"))
    hide = padding(data["sourceLengths"], source.shape[1])
    memory = encoder_hidden(w, c, "encoder.", source, c["sourceVocabSize"], data["sourceLengths"])
    x = embed_by_waves(w, c, "decoder.", target, c["targetVocabSize"])
    for layer in range(c["layers"]):
        x = block(w, f"decoder.blocks.{layer}", x, c, causal(target.shape[1]), memory, hide)
    logits = x @ w("decoder.tokenEmbedding.weight").T
    ignore = c["paddingToken"]
    return logits, F.cross_entropy(logits.flatten(0, 1), following.flatten(), ignore_index=ignore, label_smoothing=0.1)


TEXT = {"tokens": [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 0, 1]], "targets": [[2, 3, 4, 5, 6, 7], [8, 9, 10, 0, 1, 2]]}
MASKED = {
    "tokens": [[1, 2, 10, 4, 5, 6], [7, 10, 9, 3, 0, 0]],
    "segments": [[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0]],
    "targets": [[-100, -100, 3, -100, 8, -100], [-100, 8, -100, -100, -100, -100]],
    "lengths": [6, 4],
    "pairs": [0, 1],
}
PAIRS = {
    "source": [[3, 4, 5, 6, 7], [8, 3, 4, 0, 0]],
    "sourceLengths": [5, 3],
    "targetLengths": [4, 3],
    "tokens": [[1, 7, 6, 5], [1, 4, 3, 0]],
    "targets": [[7, 6, 5, 2], [4, 3, 2, 0]],
}
PLAIN = {**SIZE, "bias": True, "normEpsilon": 1e-5, "vocabSize": 11}
CASES = [
    ("gpt1", gpt, {**PLAIN, "normOrder": "post", "activation": "geluTanh"}, TEXT),
    ("gpt3", gpt, {**PLAIN, "normOrder": "pre", "activation": "geluTanh", "window": 3, "windowLayers": "alternate"}, TEXT),
    (
        "modern",
        gpt,
        {
            **PLAIN,
            **{"normOrder": "pre", "bias": False, "norm": "rms", "normEpsilon": 1e-6, "activation": "swiglu"},
            **{"keyHeads": 2, "positions": "rotary", "rotaryBase": 100.0, "tiedHead": False},
        },
        TEXT,
    ),
    ("bert", bert, {**PLAIN, "normOrder": "post", "activation": "gelu", "normEpsilon": 1e-12}, MASKED),
    (
        "seq2seq",
        seq2seq,
        {
            **{key: value for key, value in PLAIN.items() if key != "vocabSize"},
            **{"normOrder": "post", "activation": "relu", "sourceVocabSize": 9, "targetVocabSize": 10, "paddingToken": 0},
        },
        PAIRS,
    ),
]


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, values in tensors.items():
        size = 4 * values.numel()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.detach().to(torch.float32).contiguous().numpy().tobytes())


def main():
    tensors, cases = {}, []
    for seed, (name, run, config, data) in enumerate(CASES):
        w = Weights(seed)
        logits, loss = run(w, config, data)
        loss.backward()
        for field, values in w.all.items():
            tensors[f"{name}/{field}"] = values
            tensors[f"{name}/grad/{field}"] = values.grad
        output = {"shape": list(logits.shape), "data": logits.detach().flatten().tolist()}
        cases.append({"name": name, "config": config, "data": data, "logits": output, "loss": loss.item()})
    write_safetensors("models.safetensors", tensors)
    with open("models.json", "w") as file:
        json.dump({"generator": "make_models.py", "torch": torch.__version__, "cases": cases}, file, separators=(",", ":"))


if __name__ == "__main__":
    main()
