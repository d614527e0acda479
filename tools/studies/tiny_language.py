# SPDX-License-Identifier: MIT
"""A transformer of one block on the characters of a text: perplexity digitally and on phase-change memory."""
import numpy as np

import aimc
from common import SOURCE

CONTEXT, WIDTH, HEADS, STEPS, BATCH, RATE = 16, 32, 4, 2500, 16, 0.003


def corpus():
    """Numbers of the characters of docs/models, and how many kinds there are."""
    text = " ".join(" ".join(path.read_text(encoding="utf-8").lower().split()) for path in sorted((SOURCE / "docs/models").glob("*.md")))
    kinds = {c: k for k, c in enumerate(c for c in sorted(set(text)) if text.count(c) >= 100)}
    return np.array([kinds[c] for c in text if c in kinds]), len(kinds)


def samples(text, kinds, starts):
    """Characters and their places as ones of [CONTEXT, kinds + CONTEXT], and the characters that follow each."""
    at = np.asarray(starts)[:, None] + np.arange(CONTEXT)
    x = np.zeros((len(at), CONTEXT, kinds + CONTEXT), np.float32)
    x[np.arange(len(at))[:, None], np.arange(CONTEXT), text[at]] = 1
    x[:, np.arange(CONTEXT), kinds + np.arange(CONTEXT)] = 1
    return x, text[at + 1].astype(np.uint32)


def transformer(kinds, seed):
    """One block between a linear layer and another."""
    net = aimc.Network(ctx=aimc.Context(seed=seed))
    h = net.linear(net.add_input((CONTEXT, kinds + CONTEXT)), out_features=WIDTH)
    h = net.add("add", h, net.attention(net.layer_norm(h), heads=HEADS, causal=True))
    y = net.linear(net.gelu(net.linear(net.layer_norm(h), out_features=4 * WIDTH)), out_features=WIDTH)
    net.linear(net.layer_norm(net.add("add", h, y)), out_features=kinds)
    net.set_loss("cross_entropy")
    net.set_optimizer("adam")
    return net


def perplexity(net, data):
    """exp of the mean cross-entropy of the next character, at the last position."""
    x, labels = data
    logits = net.predict(x.reshape(len(x), -1)).reshape(len(x), CONTEXT, -1)[:, -1].astype(np.float64)
    logits -= logits.max(1, keepdims=True)
    return float(np.exp(np.mean(np.log(np.exp(logits).sum(1)) - logits[np.arange(len(x)), labels[:, -1]])))


def perplexities(seed=1, chips=3):
    """Of the last tenth of the text: digital, the mean on chips a day after programming, chips."""
    text, kinds = corpus()
    edge, random, net = len(text) * 9 // 10, np.random.default_rng(seed), transformer(kinds, seed)
    for step in range(STEPS):
        x, labels = samples(text, kinds, random.integers(0, edge - CONTEXT - 1, BATCH))
        net.train_batch(x.reshape(BATCH, -1), labels, RATE * (1 - step / STEPS))
    held = samples(text, kinds, np.arange(edge, len(text) - CONTEXT - 1, CONTEXT))
    digital, analog = perplexity(net, held), []
    net.convert_to_analog("analognas")
    net.calibrate(samples(text, kinds, random.integers(0, edge - CONTEXT - 1, 64))[0].reshape(64, -1), {"method": "MAX"})
    for chip in range(chips):
        net.program({"noise_model": "pcm_like", "compensation.method": "GLOBAL", "seed": chip + 1})
        net.drift_programmed(86400.0)
        net.compensate()
        analog.append(perplexity(net, held))
    return digital, float(np.mean(analog)), chips
