"""What the widgets' tests share."""

import pytest


@pytest.fixture
def sent_by(monkeypatch):
    """A function that gives the list which fills with a widget's messages and their buffers."""

    def listen(widget):
        messages = []
        monkeypatch.setattr(
            widget, "_send", lambda message, buffers=None: messages.append((message, buffers))
        )
        return messages

    return listen
