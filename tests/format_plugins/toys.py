"""A plugin with an image format and a container of its own: pixels behind a header, and a list of them in JSON."""

import json
import struct
from pathlib import Path

import numpy as np

from zoo import Decoder, LabeledImages, Source, ZooError, hookimpl

MAGIC = b"TOY1"


def encode(pixels):
    """uint8 or uint16 of shape (height, width, 1 or 3) in the format."""
    return MAGIC + struct.pack("<HHBB", *pixels.shape, pixels.itemsize) + pixels.tobytes()


def decode(content):
    height, width, channels, size = struct.unpack_from("<HHBB", content, 4)
    dtype = {1: np.uint8, 2: np.uint16}[size]
    return np.frombuffer(content, dtype, height * width * channels, 10).reshape(height, width, channels)


def header(file):
    height, width, channels, _ = struct.unpack_from("<HHBB", file.read(10), 4)
    return width, height, channels == 1


def write_crate(path, labeled):
    """A crate of (file below its folder, class)."""
    path.write_text(json.dumps([[str(file), name] for file, name in labeled]))
    return path


def load(location, context):
    crate = Path(location)
    try:
        rows = [(str(file), str(name)) for file, name in json.loads(crate.read_text())]
    except ValueError as error:
        raise ZooError(f"the crate '{crate}' is damaged; write it again") from error
    rows = [row for row in rows if context.is_image_name(row[0])]
    names = tuple(sorted({name for _, name in rows}))
    return LabeledImages([crate.parent / file for file, _ in rows], [names.index(n) for _, n in rows], names)


def sample_image():
    return encode(np.arange(36, dtype=np.uint8).reshape(4, 3, 3))


def sample_crate(folder):
    files = [f"{shade}.toy" for shade in range(40)]
    for shade, file in enumerate(files):
        (folder / file).write_bytes(encode(np.full((8, 8, 1), 6 * shade, np.uint8)))
    return write_crate(folder / "set.crate", [(file, str(n % 2)) for n, file in enumerate(files)])


@hookimpl
def zoo_sources():
    return [
        Source(
            name="crate",
            load=load,
            summary="files and classes in JSON",
            reference="this file",
            suffixes=(".crate",),
            sample=sample_crate,
        )
    ]


@hookimpl
def zoo_decoders():
    return [
        Decoder(
            name="toy",
            decode=decode,
            header=header,
            summary="pixels behind a header",
            reference="this file",
            suffixes=(".toy",),
            magic=((0, MAGIC),),
            sample=sample_image,
        )
    ]
