"""The saved state of a notebook's widgets: what is shown, and what that refers to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._cleaning import Cleaner

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
_REFERENCE = "IPY_MODEL_"
_LINKS = {"LinkModel", "DirectionalLinkModel"}
_OF_HTML = {"HTMLModel", "HTMLMathModel"}
_KINDS_OF_HTML = {"text/html", "text/markdown", "image/svg+xml"}
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


def cleaned(models: Models, cleaner: Cleaner) -> Models:
    """Models without what a page would not show of a notebook.

    These are the values of HTML and HTMLMath, and the outputs that Output widgets keep. What else
    a widget's own JavaScript makes of its state is its own affair.

    Args:
        models: by id; left as they are.
        cleaner: of the page.
    """
    return {
        name: model | {"state": _cleaned_state(model, cleaner)} for name, model in models.items()
    }


def weight_bytes(models: Models) -> int:
    """How many bytes of the page the networks' weights take."""
    networks = {
        name
        for model in models.values()
        for name in _references(model["state"].get("_network_model"))
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


def _cleaned_state(model: dict[str, Any], cleaner: Cleaner) -> dict[str, Any]:
    state = dict(model["state"])
    if model["model_name"] in _OF_HTML and isinstance(state.get("value"), str):
        state["value"] = cleaner.html(state["value"])
    if isinstance(state.get("outputs"), (list, tuple)):
        state["outputs"] = [_cleaned_output(output, cleaner) for output in state["outputs"]]
    return state


def _cleaned_output(output: Any, cleaner: Cleaner) -> Any:
    if not isinstance(output, dict) or not isinstance(output.get("data"), dict):
        return output
    data = {}
    for kind, value in output["data"].items():
        if kind in _KINDS_OF_HTML:
            data[kind] = cleaner.html("".join(value))
        elif kind.endswith("javascript"):
            script = cleaner.script("".join(value))
            data |= {kind: script} if script else {}
        else:
            data[kind] = value
    return output | {"data": data}


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
