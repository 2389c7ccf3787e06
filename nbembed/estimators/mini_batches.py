"""How many mini-batches a network is trained on, and what they hold."""

from collections.abc import Mapping
from typing import Any

from nbembed import _checks
from nbembed.phases import Part

__all__ = ["MANY_ROWS", "check_held_out", "enough", "items_part", "per_epoch", "related_part"]

# Rows beyond which larger batches and smaller steps are better, as measured.
MANY_ROWS = 30_000
# Mini-batches of the recommended recipes: for each row, and their bounds.
BATCHES_PER_ROW, FEWEST_BATCHES, MOST_BATCHES = 0.5, 1500, 5000
# Least perplexity within a batch.
FEWEST = 5.0


def items_part(batch_size: int, batches_per_step: int, held_out: float = 0.0) -> Part:
    """Return the part of a phase that draws rows."""
    sizes = {"batch_size": batch_size, "batches_per_step": batches_per_step}
    return {"name": "items", "held_out": float(held_out)} | sizes


def check_held_out(share: Any) -> None:
    """Raise unless ``share`` is at least 0 and leaves rows to train on."""
    _checks.check_number("held_out", share, low=0, high=0.9)


def enough(n_samples: int) -> int:
    """Return the mini-batches after which more of them hardly better a map, as measured."""
    return min(MOST_BATCHES, max(FEWEST_BATCHES, round(BATCHES_PER_ROW * n_samples)))


def related_part(
    recipe: Mapping[str, Any], perplexity: float, n_samples: int, batches_per_step: int
) -> Part:
    """Return the part of a phase that draws rows with their affinities.

    Parameters
    ----------
    recipe
        Its ``batch_size`` and ``batches``.
    perplexity
        Among all rows; within redrawn batches a row keeps as many neighbours as come into them, but at least 5.
    n_samples
        Rows of the data.
    batches_per_step
        Mini-batches of one step.
    """
    size = min(int(recipe["batch_size"]), n_samples)
    inside = perplexity
    if recipe["batches"] == "redrawn":
        inside = max(min(FEWEST, inside), inside * size / n_samples)
    batches = {"batches": recipe["batches"], "perplexity": inside}
    return items_part(size, batches_per_step) | {"name": "related_items"} | batches


def per_epoch(n_samples: int, batch_size: int) -> int:
    """Return the mini-batches of an epoch."""
    return max(1, -(-n_samples // max(1, min(batch_size, n_samples))))
