"""The dataset `shapes`: six kinds of coloured shapes drawn from a fixed seed, to test networks quickly."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from zoo import Dataset, LabeledImages, hookimpl

SIZE = 64
PER_CLASS = 200
SEED = 20
SCALE = 3  # drawn larger and shrunk, for smooth edges

Points = list[tuple[float, float]]


def load() -> LabeledImages:
    """Return RGB images (64, 64, 3) of varied colour, size, rotation, position, background and noise."""
    rng = np.random.default_rng(SEED)
    names = tuple(SHAPES)
    return LabeledImages(
        items=[_draw(name, rng) for name in names for _ in range(PER_CLASS)],
        labels=[label for label in range(len(names)) for _ in range(PER_CLASS)],
        class_names=names,
    )


@hookimpl
def zoo_datasets() -> list[Dataset]:
    """Return the dataset of this plugin."""
    return [
        Dataset(
            name="shapes",
            load=load,
            summary=f"{PER_CLASS * len(SHAPES):,} drawn shapes, 64×64 RGB, {len(SHAPES)} classes; no network",
            reference="drawn by zoo with Pillow",
        )
    ]


def _draw(name: str, rng: np.random.Generator) -> np.ndarray:
    background, colour = _colours(rng)
    mask = Image.new("L", (SIZE * SCALE, SIZE * SCALE))
    radius = rng.uniform(0.22, 0.45) * SIZE * SCALE
    centre = rng.uniform(radius, SIZE * SCALE - radius, size=2)
    angle = rng.uniform(0, 2 * np.pi)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.array([1.0, rng.uniform(0.85, 1.0)])
    for points, is_hole in SHAPES[name]():
        corners = (np.array(points) * stretch) @ rotation.T * radius + centre
        ImageDraw.Draw(mask).polygon([tuple(corner) for corner in corners], fill=0 if is_hole else 255)
    inside = np.asarray(mask.resize((SIZE, SIZE), Image.Resampling.BOX))[:, :, np.newaxis] / 255
    pixels = inside * colour + (1 - inside) * _gradient(background, rng)
    noisy = pixels + rng.normal(0, rng.uniform(2, 18), size=pixels.shape)
    drawn: np.ndarray = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return drawn


def _colours(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a dark colour for the background and a light one for the shape."""
    return rng.integers(20, 110, size=3), rng.integers(130, 256, size=3)


def _gradient(colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a background with a slight gradient, (SIZE, SIZE, 3)."""
    ramp = np.linspace(-1, 1, SIZE)
    slope_x, slope_y = rng.uniform(-20, 20, size=2)
    plane = slope_x * ramp[np.newaxis, :] + slope_y * ramp[:, np.newaxis]
    shaded: np.ndarray = colour + plane[:, :, np.newaxis]
    return shaded


def _polygon(corners: int, radius: float = 1.0, inner: float | None = None) -> Points:
    """Return a regular polygon, or a star whose every other corner is at the radius `inner`."""
    count = corners if inner is None else 2 * corners
    angles = np.arange(count) * (2 * np.pi / count)
    radii = np.where((np.arange(count) % 2 == 1) & (inner is not None), inner or radius, radius)
    return list(zip((radii * np.cos(angles)).tolist(), (radii * np.sin(angles)).tolist(), strict=True))


def _bar(half_length: float, half_width: float) -> Points:
    return [(x * half_length, y * half_width) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]


# Each shape is filled polygons in the unit circle, drawn one over another; True marks a hole.
SHAPES: dict[str, Callable[[], list[tuple[Points, bool]]]] = {
    "circle": lambda: [(_polygon(60), False)],
    "cross": lambda: [(_bar(1.0, 0.28), False), (_bar(0.28, 1.0), False)],
    "ring": lambda: [(_polygon(60), False), (_polygon(60, 0.55), True)],
    "square": lambda: [(_polygon(4), False)],
    "star": lambda: [(_polygon(5, inner=0.4), False)],
    "triangle": lambda: [(_polygon(3), False)],
}
