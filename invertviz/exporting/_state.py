"""The saved state of a notebook's widgets: what is shown, and what that refers to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
_REFERENCE = "IPY_MODEL_"
_LINKS = {"LinkModel", "DirectionalLinkModel"}
_ENDS = ("source", "target")

Models = dict[str, dict[str, Any]]


def saved_models(notebook: Any) -> Models:
    """The models whose state the notebook holds, by id."""
    return dict(notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {}))


def shown_models(outputs: Iterable[Any]) -> Iterator[str]:
    """The ids of the models that outputs show."""
    for output in outputs:
        view = output.get("data", {}).get(VIEW)
        if view:
            yield str(view["model_id"])


def pruned(models: Models, shown: Iterable[str]) -> Models:
    """The shown models, those that they refer to, and the links between any two of these."""
    kept = _reached(models, shown)
    links = [
        name
        for name, model in models.items()
        if model["model_name"] in _LINKS
        and all(kept.issuperset(_references(model["state"].get(end))) for end in _ENDS)
    ]
    kept |= _reached(models, links)
    return {name: model for name, model in models.items() if name in kept}


def weight_bytes(models: Models) -> int:
    """How many bytes of the page the networks' weights take."""
    networks = {
        name
        for model in models.values()
        for name in _references(model["state"].get("network_model"))
    }
    return sum(
        len(buffer["data"])
        for name in networks
        for buffer in models[name].get("buffers", ())
        if buffer["path"] == ["weights"]
    )


def code_bytes(models: Models) -> int:
    """How many bytes of the page the widgets' own JavaScript and CSS take."""
    return sum(
        len(as_json(model["state"][name]).encode())
        for model in models.values()
        for name in ("_esm", "_css")
        if name in model["state"]
    )


def as_json(data: Any) -> str:
    """JSON for a script element."""
    return escaped(json.dumps(data))


def escaped(text: str) -> str:
    """JSON so that nothing in it can end the script element that it stands in, or hide its end."""
    return text.replace("<", "\\u003c")


def _reached(models: Models, names: Iterable[str]) -> set[str]:
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in models and name not in reached:
            reached.add(name)
            waiting.extend(_references(models[name]["state"]))
    return reached


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith(_REFERENCE):
            yield value.removeprefix(_REFERENCE)
    elif isinstance(value, dict):
        if "output_type" in value:  # kept by an Output widget
            yield from shown_models([value])
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _references(item)
