"""The GPT in PyTorch, of its fused functions."""

import math

import torch
import torch.nn.functional as F

from torchInputs import inputs_of, weights_of


def training(one):
    config = one["config"]
    weights = {name: weight.requires_grad_() for name, weight in weights_of(one).items()}
    tokens, targets = inputs_of(one)
    options = one["optimizer"]
    optimizer = torch.optim.AdamW(
        weights.values(),
        lr=options["learningRate"],
        betas=(options["beta1"], options["beta2"]),
        eps=options["eps"],
        weight_decay=options["weightDecay"],
        foreach=True,
    )
    time = config["contextLength"]
    hidden = torch.ones(time, time, dtype=torch.bool).triu(1)

    def attend(q, k, v, layer):
        scores = q @ k.transpose(-2, -1) * (1 / math.sqrt(q.shape[-1]))
        return F.softmax(scores.masked_fill_(hidden, -math.inf), dim=-1) @ v

    def run():
        logits = forward(config, weights, tokens, torch.arange(time), attend)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return run, lambda: [[run() for _ in range(one["checked"])]]


def decoding(one):
    config = one["config"]
    weights = weights_of(one)
    (prompt,) = inputs_of(one)
    shape = (config["layers"], 1, config["heads"], config["contextLength"], config["width"] // config["heads"])

    @torch.inference_mode()
    def run():
        keys, values = torch.empty(shape), torch.empty(shape)

        def predict(tokens, start):
            end = start + len(tokens)

            def attend(q, k, v, layer):
                keys[layer, :, :, start:end] = k
                values[layer, :, :, start:end] = v
                scores = q @ keys[layer, :, :, :end].transpose(-2, -1) * (1 / math.sqrt(q.shape[-1]))
                if len(tokens) > 1:
                    hidden = torch.ones(len(tokens), end, dtype=torch.bool).triu(1 + start)
                    scores.masked_fill_(hidden, -math.inf)
                return F.softmax(scores, dim=-1) @ values[layer, :, :, :end]

            logits = forward(config, weights, tokens[None], torch.arange(start, end), attend)
            return logits[0, -1].argmax()

        token = predict(prompt, 0)
        text = [token.item()]
        while len(text) < one["tokens"]:
            token = predict(token[None], len(prompt) + len(text) - 1)
            text.append(token.item())
        return text

    return run, lambda: [run()]


def forward(config, weights, tokens, positions, attend):
    """tokens [B, T] → logits [B, T, V]; attend(q, k, v, layer) takes and gives [B, H, T, D]."""
    width, heads = config["width"], config["heads"]

    def norm(x, name):
        return F.layer_norm(x, (width,), weights[name + ".gain"], eps=1e-5)

    embedding = weights["tokenEmbedding.weight"]
    x = F.embedding(tokens, embedding) + F.embedding(positions, weights["positionEmbedding.weight"])
    for layer in range(config["layers"]):
        at = f"blocks.{layer}."
        packed = F.linear(norm(x, at + "attentionNorm"), weights[at + "attention.queryKeyValue.weight"])
        parts = packed.unflatten(-1, (3, heads, width // heads)).permute(2, 0, 3, 1, 4)
        attended = attend(*parts, layer).transpose(1, 2).flatten(2)
        x = x + F.linear(attended, weights[at + "attention.output.weight"])
        expanded = F.linear(norm(x, at + "mlpNorm"), weights[at + "mlp.expand.weight"])
        x = x + F.linear(F.gelu(expanded, approximate="tanh"), weights[at + "mlp.project.weight"])
    return F.linear(norm(x, "norm"), embedding)
