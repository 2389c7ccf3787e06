"""The widget: a thin view over a run. It shows arrays, takes commands, and never changes numbers."""

from nbembed.widget.embed_widget import EmbedWidget
from nbembed.widget.exploring import explore

__all__ = ["EmbedWidget", "explore"]
