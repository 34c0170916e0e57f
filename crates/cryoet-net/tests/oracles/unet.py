"""The network of Moebel et al. 2021 written directly in PyTorch, as an oracle for tests/unet_oracle.rs.

    python -m pip install torch==2.11.0
    python crates/cryoet-net/tests/oracles/unet.py > crates/cryoet-net/tests/oracles/unet.json

Weights and input follow a closed formula, so that the golden holds outputs only.
"""

import json
import math

import torch
import torch.nn.functional as F

LAYERS = [
    ("encoder1.conv1", 32, 1, 3), ("encoder1.conv2", 32, 32, 3), ("encoder2.conv1", 48, 32, 3), ("encoder2.conv2", 48, 48, 3),
    ("bottom.conv1", 64, 48, 3), ("bottom.conv2", 64, 64, 3), ("bottom.conv3", 64, 64, 3), ("bottom.conv4", 64, 64, 3),
    ("decoder2.up", 64, 64, 2), ("decoder2.conv1", 48, 112, 3), ("decoder2.conv2", 48, 48, 3),
    ("decoder1.up", 48, 48, 2), ("decoder1.conv1", 32, 80, 3), ("decoder1.conv2", 32, 32, 3), ("head", 3, 32, 1),
]


def wave(count, scale, phase):
    return torch.tensor([scale * math.sin(0.7 * i + phase) for i in range(count)], dtype=torch.float64)


def main():
    weights = {}
    for index, (name, out, inp, k) in enumerate(LAYERS):
        fan_in = inp * k**3
        weights[name] = (
            wave(out * fan_in, math.sqrt(3.0 / fan_in) * (0.1 if name == "head" else 1.0), index).reshape(out, inp, k, k, k),
            wave(out, 0.1, index + 0.5),
        )
    shape = (8, 12, 16)
    x = wave(math.prod(shape), 1.0, 0.25).reshape(1, 1, *shape)
    x = (x - x.mean()) / x.std(unbiased=False)

    def conv(name, t):
        w, b = weights[name]
        k = w.shape[-1]
        pad = {1: (0, 0), 2: (0, 1), 3: (1, 1)}[k]
        return F.conv3d(F.pad(t, pad * 3), w, b)

    def block(t, *names):
        for name in names:
            t = F.relu(conv(name, t))
        return t

    def up(t):
        return t.repeat_interleave(2, 2).repeat_interleave(2, 3).repeat_interleave(2, 4)

    high = block(x, "encoder1.conv1", "encoder1.conv2")
    mid = block(F.max_pool3d(high, 2), "encoder2.conv1", "encoder2.conv2")
    t = block(F.max_pool3d(mid, 2), "bottom.conv1", "bottom.conv2", "bottom.conv3", "bottom.conv4")
    t = block(torch.cat([block(up(t), "decoder2.up"), mid], 1), "decoder2.conv1", "decoder2.conv2")
    t = block(torch.cat([block(up(t), "decoder1.up"), high], 1), "decoder1.conv1", "decoder1.conv2")
    best, channel = torch.softmax(conv("head", t), 1).max(1)
    print(json.dumps({"shape": shape, "channel": channel.flatten().tolist(), "probability": [round(v, 9) for v in best.flatten().tolist()]}))


main()
