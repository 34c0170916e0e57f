"""Golden scores of pyTME 0.3.6 (an oracle only): python make.py, in an environment with pytme, writes the .npy files beside this script.

A tomogram of smoothed noise with two copies of the template, and three pairs of template and mask, already turned. Scores are
FLCSphericalMask, which uses the mask as it is given, for one orientation that turns nothing; the best of the three pairs is kept,
and of it only the part where the template lies inside the tomogram: borders are treated differently.
"""

from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, rotate
from tme import MatchingData
from tme.analyzer import MaxScoreOverRotations
from tme.matching_exhaustive import MATCHING_EXHAUSTIVE_REGISTER, match_exhaustive

HERE = Path(__file__).parent
SIZE, HALF = 11, 5


def scores(tomogram, template, mask):
    data = MatchingData(target=tomogram, template=template, template_mask=mask, rotations=np.eye(3, dtype=np.float32)[None])
    setup, scoring = MATCHING_EXHAUSTIVE_REGISTER["FLCSphericalMask"]
    result = match_exhaustive(
        data,
        matching_setup=setup,
        matching_score=scoring,
        callback_class=MaxScoreOverRotations,
        callback_class_args={"score_threshold": -2.0},
        pad_target_edges=False,
    )
    return result[0]


def main():
    random = np.random.default_rng(8)
    tomogram = gaussian_filter(random.normal(size=(28, 31, 34)), 0.7).astype(np.float32) + 2
    template = 8 * gaussian_filter(random.normal(size=(SIZE, SIZE, SIZE)), 1.2).astype(np.float32)
    tomogram[4:15, 6:17, 8:19] += template
    tomogram[14:25, 15:26, 18:29] += rotate(template, 40, axes=(1, 2), reshape=False, order=3)
    z, y, x = np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1, -HALF : HALF + 1]
    binary = ((z / 5) ** 2 + (y / 4) ** 2 + (x / 3) ** 2 <= 1).astype(np.float32)
    soft = np.exp(-((z / 3) ** 2 + (y / 2.5) ** 2 + (x / 4) ** 2)).astype(np.float32)
    turned = rotate(template, 40, axes=(1, 2), reshape=False, order=3)
    pairs = [(template, binary), (turned, binary.transpose(0, 2, 1).copy()), (template[::-1].copy(), soft)]
    best = np.max([scores(tomogram, *pair) for pair in pairs], axis=0)
    inside = best[HALF : -HALF, HALF : -HALF, HALF : -HALF]
    np.save(HERE / "tomogram.npy", tomogram)
    np.save(HERE / "templates.npy", np.stack([pair[0] for pair in pairs]).reshape(-1, SIZE, SIZE))
    np.save(HERE / "masks.npy", np.stack([pair[1] for pair in pairs]).reshape(-1, SIZE, SIZE))
    np.save(HERE / "scores.npy", inside.astype(np.float32))


main()
