"""DeepFinder's network in PyTorch on its tomograms of 2018: what random first weights and batch normalisation do to the first steps.

    python -m pip install torch==2.11.0 numpy h5py
    python benches/experiments/deepfinder_2018_in_pytorch.py 300 --first he
    python benches/experiments/deepfinder_2018_in_pytorch.py 420 --batch-norm --patch 32 --batch 8 --shift 8 --rate 0.002 --cosine \\
        --bias 0.5 0.5 --present-classes --background-weight 0.3 --turns

Batch normalisation after each convolution can be folded into its weights when training ends, so that the network stays DeepFinder's.
Every 25 steps it prints the training loss and, on tomogram 8, mean Dice, the share of rightly named voxels among those that are foreground
in both, and the Dice of foreground against background: with the running statistics, and with those of the tomogram itself.
"""

import argparse
import math
import os
from pathlib import Path

import h5py
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

CLASSES, TOMOGRAMS, EDGE = 9, 8, 100
LAYERS = {
    "encoder1a": (1, 32, 3), "encoder1b": (32, 32, 3), "encoder2a": (32, 48, 3), "encoder2b": (48, 48, 3),
    "bottom1": (48, 64, 3), "bottom2": (64, 64, 3), "bottom3": (64, 64, 3), "bottom4": (64, 64, 3),
    "up2": (64, 64, 2), "decoder2a": (112, 48, 3), "decoder2b": (48, 48, 3),
    "up1": (48, 48, 2), "decoder1a": (80, 32, 3), "decoder1b": (32, 32, 3), "head": (32, CLASSES + 1, 1),
}  # fmt: skip


class Network(nn.Module):
    def __init__(self, first, batch_norm):
        super().__init__()
        self.convolutions = nn.ModuleDict({name: nn.Conv3d(*shape) for name, shape in LAYERS.items()})
        self.norms = nn.ModuleDict({name: nn.BatchNorm3d(shape[1]) for name, shape in LAYERS.items() if batch_norm and name != "head"})
        for layer in self.convolutions.values() if first == "he" else []:
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)

    def stage(self, x, *names):
        for name in names:
            before = (LAYERS[name][2] - 1) // 2
            x = self.convolutions[name](F.pad(x, (before, LAYERS[name][2] - 1 - before) * 3))
            x = F.relu(self.norms[name](x) if name in self.norms else x)
        return x

    def forward(self, x):
        fine = self.stage(x, "encoder1a", "encoder1b")
        coarse = self.stage(F.max_pool3d(fine, 2), "encoder2a", "encoder2b")
        x = self.stage(F.max_pool3d(coarse, 2), "bottom1", "bottom2", "bottom3", "bottom4")
        x = torch.cat([self.stage(F.interpolate(x, scale_factor=2), "up2"), coarse], 1)
        x = self.stage(x, "decoder2a", "decoder2b")
        x = torch.cat([self.stage(F.interpolate(x, scale_factor=2), "up1"), fine], 1)
        return self.convolutions["head"](self.stage(x, "decoder1a", "decoder1b"))


def channels_last(array):
    return torch.from_numpy(array).contiguous(memory_format=torch.channels_last_3d)


def loss_of(logits, target, options):
    log_probability = logits.permute(0, 2, 3, 4, 1).reshape(-1, CLASSES + 1).log_softmax(1)
    weight = torch.ones(CLASSES + 1)
    weight[0] = options.background_weight
    entropy = F.nll_loss(log_probability, target, weight=weight)
    probability, one_hot = log_probability.exp(), F.one_hot(target, CLASSES + 1).float()
    support, claimed, hit = one_hot.sum(0), probability.sum(0), (one_hot * probability).sum(0)
    overlap = (hit + 1) / (hit + 1 + options.bias[0] * (claimed - hit) + options.bias[1] * (support - hit))
    counted = (support > 0).float() if options.present_classes else torch.ones_like(support)
    return entropy + 1 - (overlap * counted).sum() / counted.sum()


def validate(network, volume, truth):
    figures = []
    for of_tomogram in [False, True] if network.norms else [False]:
        before = {name: value.clone() for name, value in network.state_dict().items()}
        network.train(of_tomogram)
        with torch.no_grad():
            found = network(channels_last(volume[None, None])).argmax(1)[0].numpy()
        network.load_state_dict(before)
        both = (found > 0) & (truth > 0)
        dice = [2 * ((found == c) & (truth == c)).sum() / max(1, (found == c).sum() + (truth == c).sum()) for c in range(1, CLASSES + 1)]
        foreground = 2 * both.sum() / max(1, (found > 0).sum() + (truth > 0).sum())
        figures.append(f"{np.mean(dice):.3f} {(found == truth)[both].mean():.3f} {foreground:.3f}")
    network.train()
    return " | ".join(figures)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("steps", type=int)
    parser.add_argument("--first", choices=["pytorch", "he"], default="pytorch")
    parser.add_argument("--batch-norm", action="store_true")
    parser.add_argument("--patch", type=int, default=48)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--shift", type=int, default=12)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--cosine", action="store_true")
    parser.add_argument("--bias", type=float, nargs=2, default=[0.3, 0.7], help="weights of false positives and negatives")
    parser.add_argument("--present-classes", action="store_true", help="classes absent from the batch are left out of the overlap")
    parser.add_argument("--background-weight", type=float, default=1.0)
    parser.add_argument("--turns", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    folder = Path(os.environ["CRYOET_DATA"]) / "deepfinder-2018"
    volumes, labels = [], []
    for i in range(1, TOMOGRAMS + 1):
        volume = h5py.File(folder / f"tomo{i}_data.h5")["dataset"][:].astype(np.float32)
        volumes.append((volume - volume.mean()) / volume.std())
        labels.append(h5py.File(folder / f"tomo{i}_target.h5")["dataset"][:].astype(np.int64))
    voxels = [[(t, place) for t in range(TOMOGRAMS - 1) for place in np.argwhere(labels[t] == c)] for c in range(1, CLASSES + 1)]
    network = Network(options.first, options.batch_norm).to(memory_format=torch.channels_last_3d)
    adam = torch.optim.Adam(network.parameters(), lr=options.rate)
    losses = []
    for step in range(1, options.steps + 1):
        values, targets = [], []
        for _ in range(options.batch):
            if rng.random() < 0.1:
                tomogram, place = rng.integers(TOMOGRAMS - 1), rng.integers(0, EDGE, 3)
            else:
                of_class = voxels[rng.integers(CLASSES)]
                tomogram, place = of_class[rng.integers(len(of_class))]
            moved = place + rng.integers(-options.shift, options.shift + 1, 3) - options.patch // 2
            window = tuple(slice(i, i + options.patch) for i in np.clip(moved, 0, EDGE - options.patch))
            axes = [(), (1, 2), (0, 2), (0, 1)][rng.integers(4)] if options.turns else ()
            values.append(np.flip(volumes[tomogram][window], axes))
            targets.append(np.flip(labels[tomogram][window], axes))
        loss = loss_of(network(channels_last(np.stack(values)[:, None])), torch.from_numpy(np.stack(targets)).reshape(-1), options)
        for group in adam.param_groups:
            group["lr"] = options.rate * (0.5 * (1 + math.cos(math.pi * step / options.steps)) if options.cosine else 1)
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
        if step % 25 == 0:
            print(step, f"{np.mean(losses[-25:]):.3f}", validate(network, volumes[-1], labels[-1]), flush=True)


main()
