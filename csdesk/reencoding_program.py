"""Re-encodes one picture of others; run as a program of its own, with limits (X-10, X-11).

    python reencoding_program.py SOURCE TARGET THUMBNAIL [LONGEST SIDE]

Decoders are where hostile pictures strike, so this runs apart from the server, with bounded
memory and time, and imports nothing of ours. Prints `{"mime", "width", "height"}` as JSON;
exits with 1 when the file is no picture it can read, or too large a one.
"""

import contextlib
import json
import sys
import warnings

MEGAPIXELS = 40
MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 20
THUMBNAIL_SIDE = 480
MOST_FRAMES = 300

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def limit() -> None:
    """Bound this process's memory and time, where the system knows how."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def reencode(source: str, target: str, thumbnail: str, side: str = "") -> dict:
    """Write `target` and `thumbnail` from `source`, upright, without metadata, no side over `side` px."""
    from PIL import Image, ImageOps, ImageSequence

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MEGAPIXELS * 1_000_000
    with Image.open(source, formats=["JPEG", "PNG", "GIF", "WEBP"]) as picture:
        width, height = picture.size
        if width * height > Image.MAX_IMAGE_PIXELS:
            raise ValueError("too many pixels")
        frames = getattr(picture, "n_frames", 1)
        moves = 1 < frames <= MOST_FRAMES and frames * width * height <= Image.MAX_IMAGE_PIXELS
        if moves:
            stills = [_within(still.convert("RGBA"), side) for still in ImageSequence.Iterator(picture)]
            first = stills[0].copy()
            stills[0].save(
                target,
                "WEBP",
                save_all=True,
                append_images=stills[1:],
                loop=0,
                duration=picture.info.get("duration", 80),
            )
            kept = "WEBP"
        else:
            kept = picture.format if picture.format in FORMATS else "PNG"
            upright = ImageOps.exif_transpose(picture).convert("RGB" if kept == "JPEG" else "RGBA")
            first = _within(upright, side)
            options = {"quality": 88} if kept == "JPEG" else {}
            _without_metadata(first).save(target, kept, **options)
        width, height = first.size
        first.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        _without_metadata(first).save(thumbnail, "WEBP", quality=80)
    return {"mime": FORMATS[kept], "width": width, "height": height}


def _within(picture, side: str):
    """The picture, made smaller where a side is longer than that."""
    if side:
        picture.thumbnail((int(side), int(side)))
    return picture


def _without_metadata(picture):
    """The same pixels; `info` carries comments and profiles that some writers keep."""
    picture.info = {}
    return picture


if __name__ == "__main__":
    limit()
    try:
        print(json.dumps(reencode(*sys.argv[1:5])))
    except Exception as error:
        print(type(error).__name__, file=sys.stderr)
        sys.exit(1)
