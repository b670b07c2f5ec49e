"""What the risk model takes and answers: a synthetic transaction of model_code/world, and whether it turns out bad."""

from model_code.contract import ModelSpec, Schema
from model_code.world.features import inputs

NOT_STATED = 0
"""What a missing quantity travels as where its schema begins at 0, which no value of the synthetic world reaches."""

SPEC = ModelSpec(
    name="risk",
    description="Synthetic: says which transactions of a made-up world turn out bad. No real person or payment.",
    inputs=Schema(features=inputs(), target="outcome", classes=("good", "bad")),
)
