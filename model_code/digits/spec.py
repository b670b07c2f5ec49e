"""What the digits model takes and answers: the 64 pixels of a handwritten digit, ten classes."""

from model_code.contract import Feature, ModelSpec, Schema

SIDE = 8  # pixels
DARKEST = 16  # ink in a pixel: how many of the 4 x 4 dots that it was scanned with were set

SPEC = ModelSpec(
    name="digits",
    description="Reads a handwritten digit from an image of eight by eight pixels.",
    inputs=Schema(
        features=tuple(
            Feature(name=f"row_{row}_column_{column}", dtype="integer", minimum=0, maximum=DARKEST)
            for row in range(SIDE)
            for column in range(SIDE)
        ),
        target="digit",
        classes=tuple(map(str, range(10))),
    ),
)
