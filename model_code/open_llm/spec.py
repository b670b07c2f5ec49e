"""What the open-llm model is: published weights of a language model, served by an image that is not ours."""

from model_code.contract import TextSpec

SPEC = TextSpec(
    name="open-llm",
    description="Continues a conversation: an open-weights language model of four billion parameters.",
    weights="Qwen/Qwen3-4B-Instruct-2507",
    licence="Apache-2.0",
)
