"""What the tests of the widget share."""

import time

from nbembed import EmbedWidget


def make(X, **parameters):
    return EmbedWidget(X, **({"n_epochs": 60, "random_state": 3} | parameters))


class Wire:
    """Stands for the browser: keeps what is sent, answers as told."""

    def __init__(self, widget, *, acknowledge=False):
        self.widget, self.acknowledge, self.messages = widget, acknowledge, []
        widget._publisher.send = self.receive

    def receive(self, content, buffers=None):
        self.messages.append((content, buffers or []))
        if content["t"] == "frame" and self.acknowledge:
            self.say(t="ack", view="v", seq=content["seq"])

    def say(self, buffers=(), **content):
        self.widget._inbox.receive(self.widget, content, list(buffers))

    def of_kind(self, kind):
        return [c for c, _ in self.messages if c["t"] == kind]


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
