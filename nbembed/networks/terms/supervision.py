"""Terms that know something about single rows: classes, values, places."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nbembed.errors import InvalidInputError
from nbembed.networks.batches import Batch
from nbembed.networks.sampling import Items
from nbembed.networks.terms.base import Term
from nbembed.networks.terms.geometry import correlation

__all__ = ["Attribute", "Classification", "Position", "Triplet"]

# Distances below this count as this: the root has an infinite slope at 0.
NEAR = 1e-12


class Classification(Term):
    """Cross entropy of the classes that a dense layer reads off a hidden layer, in nats per row.

    Every mini-batch brings rows of known class, each as likely as any other: where few are known, hardly one
    would be in a batch by chance.

    Parameters
    ----------
    head
        From the hidden layer to one logit per class.
    codes
        The class of each row, -1 where it is unknown, shape (n_samples,).
    layer
        What the head looks at; ``""`` is what enters the last dense layer.
    size
        Rows of known class in a mini-batch.

    References
    ----------
    Sainburg, McInnes & Gentner (2021), Neural Computation 33, sec. 5.3.
    """

    needs_rows = False

    def __init__(
        self, key: str, weight: float, head: nn.Module, codes: Tensor, *, layer: str, size: int
    ) -> None:
        super().__init__(key, weight)
        self.head, self.layer, self.size = head, layer, size
        self._codes, self._known = codes, (codes >= 0).nonzero().flatten()

    def bring(
        self,
        table: Any,
        items: Items,  # noqa: ARG002
        inputs: Tensor,  # noqa: ARG002
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """Return rows of known class."""
        rows = drawn(self._known, self.size, generator)
        return rows, table[rows]

    def forward(self, batch: Batch) -> Tensor:
        """Return the mean cross entropy of the rows of known class."""
        head: Any = self.head
        logits = head(self.own(batch, batch.hidden[self.layer or ""]))
        return functional.cross_entropy(logits, self._codes[self.own(batch, batch.rows)])


class Triplet(Term):
    r"""Rows of one class are to be nearer than rows of others: :math:`\max(d(a,b) - d(a,c) + m, 0)`.

    Distances are Euclidean, in the map; b has the class of a, c another. The value is the mean over triplets,
    in units of the map.

    Parameters
    ----------
    codes
        The class of each row, -1 where it is unknown, shape (n_samples,).
    margin
        The m.
    size
        Triplets of a mini-batch.

    References
    ----------
    Hinterreiter et al. (2023), "ParaDime: A framework for parametric dimensionality reduction", EuroVis,
    sec. 5.2.
    """

    needs_rows = False

    def __init__(self, key: str, weight: float, codes: Tensor, *, margin: float, size: int) -> None:
        super().__init__(key, weight)
        self.margin, self.size = margin, size
        known = (codes >= 0).nonzero().flatten()
        order = codes[known].argsort(stable=True)
        self._order = known[order]
        counts = torch.bincount(codes[known])
        ends = counts.cumsum(0)
        # Of each row in this order: where its class begins, and how many there are of it.
        classes = codes[self._order]
        self._begins, self._counts = (ends - counts)[classes], counts[classes]
        self._anchors = (self._counts > 1).nonzero().flatten()
        if not len(self._anchors):
            raise InvalidInputError(
                "y must hold two rows of one class for the term 'triplet', got one row of each known class"
            )

    def bring(
        self,
        table: Any,
        items: Items,  # noqa: ARG002
        inputs: Tensor,  # noqa: ARG002
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """Return a, b and c of all triplets, one after the other."""
        anchors = drawn(self._anchors, self.size, generator)
        begin, count = self._begins[anchors], self._counts[anchors]
        shares = torch.rand(
            (2, len(anchors)), generator=generator, dtype=torch.float64, device=anchors.device
        )
        # Any other place within the class, and any place outside it, counted around.
        shift = 1 + (shares[0] * (count - 1)).long()
        same = begin + (anchors - begin + shift) % count
        others = len(self._order) - count
        other = (begin + count + (shares[1] * others).long()) % len(self._order)
        rows = self._order[torch.cat([anchors, same, other])]
        return rows, table[rows]

    def forward(self, batch: Batch) -> Tensor:
        """Return the mean over triplets."""
        a, b, c = self.own(batch, batch.places).chunk(3)
        near, far = ((a - other).square().sum(1).clamp(min=NEAR).sqrt() for other in (b, c))
        return functional.relu(near - far + self.margin).mean()


class Attribute(Term):
    r"""One axis of the map is to follow a value of the rows: :math:`1 - \mathrm{corr}(a, y_c)^2`.

    From 0, where they are proportional, to 1, over the rows of the batch whose value is known.

    Parameters
    ----------
    values
        The value of each row, NaN where it is unknown, shape (n_samples,).
    component
        The axis c, from 0.

    References
    ----------
    Hinterreiter et al. (2023), EuroVis, sec. 5.3.
    """

    def __init__(self, key: str, weight: float, values: Tensor, *, component: int) -> None:
        super().__init__(key, weight)
        self.component = component
        self._known = torch.isfinite(values)
        self._values = torch.where(self._known, values, torch.zeros_like(values))

    def forward(self, batch: Batch) -> Tensor:
        """Return 1 less the squared correlation."""
        n = batch.n_items
        rows = batch.rows[:n]
        shares = batch.shares * self._known[rows]
        axis = batch.places[:n, self.component]
        return 1.0 - correlation(self._values[rows], axis, shares).square()


class Position(Term):
    """Mean squared distance of rows from where they should be, in squared units of the map.

    Parameters
    ----------
    numbers
        Rows that should be somewhere, shape (m,).
    targets
        Where, shape (m, n_components).
    size
        Such rows of a mini-batch.
    everywhere
        True if all rows should be somewhere: then it acts on those that the objective drew.

    References
    ----------
    Hinterreiter et al. (2023), EuroVis, sec. 3.2.
    """

    def __init__(
        self,
        key: str,
        weight: float,
        numbers: Tensor,
        targets: Tensor,
        *,
        size: int,
        everywhere: bool = False,
    ) -> None:
        super().__init__(key, weight)
        self.size, self.needs_rows = size, everywhere
        self._numbers = numbers
        # In the order of the rows of the data, of which a batch knows the numbers.
        self._targets = targets.new_zeros((int(numbers.max()) + 1, targets.shape[1]))
        self._targets[numbers] = targets

    def bring(
        self,
        table: Any,
        items: Items,  # noqa: ARG002
        inputs: Tensor,  # noqa: ARG002
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor] | None:
        """Return rows that should be somewhere, unless all should."""
        if self.needs_rows:
            return None
        rows = drawn(self._numbers, self.size, generator)
        return rows, table[rows]

    def forward(self, batch: Batch) -> Tensor:
        """Return the mean squared distance."""
        part = slice(0, batch.n_items) if self.needs_rows else batch.slices[self.key]
        far = (batch.places[part] - self._targets[batch.rows[part]]).square().sum(1)
        return batch.mean(far) if self.needs_rows else far.mean()


def drawn(values: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Return ``size`` of ``values`` with replacement, or all of them where they are not more."""
    if len(values) <= size:
        return values
    spots = torch.randint(len(values), (size,), generator=generator, device=values.device)
    return values[spots]
