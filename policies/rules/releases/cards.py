"""Rules on model cards: each served model has one that says its risk, and what a high risk asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies import endpoints
from policies.declared import Declared, Graph, given, inside, known
from policies.endpoints import ENDPOINT, MODEL_TAG, PODS
from policies.nested import apart, customer_key, rows
from policies.rule import OWN, Broken, ResourceRule, Rule, Settings, StackRule

_CARD: Final = "aws:sagemaker/modelCard:ModelCard"
_PAGE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/model-cards.html"
# What AWS calls a risk; its fourth rating, Unknown, says that nobody has looked.
_RATINGS: Final = ("Low", "Medium", "High")
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CaptureOption.html
_MODES: Final[Mapping[str, frozenset[str]]] = {"InputAndOutput": frozenset({"Input", "Output"})}


def _encrypted(card: Declared, _settings: Settings) -> str | None:
    value = card.at("securityConfig.kmsKeyId")
    return None if customer_key(value) else f"securityConfig.kmsKeyId {value or 'not set'}"


def _rated(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Endpoints and pods whose model has no card, and cards that leave its risk open."""
    yield from apart(endpoints.served(graph), lambda served: _unrated(graph, served))


def _unrated(graph: Graph, endpoint: Declared) -> Iterator[Broken]:
    if not list(endpoints.by_model(endpoint)):
        yield Broken(endpoint, f"no tag {MODEL_TAG}, by which its card is found")
        return
    cards = _cards(graph, endpoint)
    if not cards:
        yield Broken(endpoint, "no model card with its tag")
    for card in cards:
        if (rating := _rating(card)) not in _RATINGS:
            yield Broken(card, f"risk_rating {rating or 'left out'}")


def _watched(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Endpoints of a high risk whose questions and answers nobody can read afterwards."""
    yield from apart(graph.of(ENDPOINT), lambda endpoint: _unwatched(graph, endpoint))


def _unwatched(graph: Graph, endpoint: Declared) -> Iterator[Broken]:
    if not any(_rating(card) == "High" for card in _cards(graph, endpoint)):
        return
    config = endpoints.config(graph, endpoint)
    if config is None:
        yield Broken(endpoint, "a config that this stack does not declare")
    elif wrong := _uncaptured(config):
        yield Broken(config, wrong)


def _uncaptured(config: Declared) -> str | None:
    """What of its requests a config does not capture."""
    if not given(config.at("dataCaptureConfig")):
        return "no dataCaptureConfig"
    if known(config.at("dataCaptureConfig.enableCapture"), "dataCaptureConfig.enableCapture") is not True:
        return "dataCaptureConfig.enableCapture not true"
    if known(config.at("dataCaptureConfig.initialSamplingPercentage"), "dataCaptureConfig") == 0:
        return "dataCaptureConfig.initialSamplingPercentage 0"
    path = "dataCaptureConfig.captureOptions"
    modes = [str(known(row.get("captureMode"), path)) for row in rows(config, path)]
    captured = {part for mode in modes for part in _MODES.get(mode, {mode})}
    missing = [part for part in ("Input", "Output") if part not in captured]
    return f"captureOptions without {', '.join(missing)}" if missing else None


def _cards(graph: Graph, endpoint: Declared) -> list[Declared]:
    """The cards with the tag of an endpoint's model. Raises UnknownError."""
    models = set(endpoints.by_model(endpoint))
    return [card for card in graph.of(_CARD) if models & set(endpoints.by_model(card))]


def _rating(card: Declared) -> str:
    """The risk that a card names; what it holds instead of a card where that is no JSON. Raises UnknownError."""
    text: Any = known(card.at("content"), "content")
    try:
        content = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return "of no JSON"
    return str(known(inside(content, "intended_uses.risk_rating"), "content") or "")


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Takeoff.37",
        name="takeoff-37-model-card-has-your-key",
        severity="low",
        frameworks=(OWN,),
        title="Model cards are encrypted with your key",
        allowed="securityConfig.kmsKeyId of a key of yours",
        fix='security_config={"kms_key_id": key.arn}',
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelCardSecurityConfig.html",
        types=(_CARD, "aws-native:sagemaker:ModelCard"),
        check=_encrypted,
    ),
    StackRule(
        control="Takeoff.51",
        name="takeoff-51-served-models-have-a-risk-rating",
        severity="medium",
        frameworks=(OWN,),
        title="The model of every endpoint, and of pods, has a card that says its risk",
        allowed=f"a model card with the same tag {MODEL_TAG}, whose intended_uses.risk_rating is Low, Medium or High",
        fix="`takeoff:registry` in the stack file, and `risk: low`, `medium` or `high` of the model",
        source=_PAGE,
        types=(ENDPOINT, PODS),
        check=_rated,
    ),
    StackRule(
        control="Takeoff.52",
        name="takeoff-52-high-risk-is-captured",
        severity="high",
        frameworks=(OWN,),
        title="What a model of high risk was asked and answered can be read afterwards",
        allowed="dataCaptureConfig with enableCapture true, a sampling above 0 and captureOptions Input and Output",
        fix="`capture: {percent: 20, days: 30}` of the model in the stack file",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture.html",
        types=(ENDPOINT,),
        check=_watched,
    ),
)
