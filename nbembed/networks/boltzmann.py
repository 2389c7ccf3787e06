"""Networks of sigmoid units: pre-trained layer by layer as Boltzmann machines, then trained on t-SNE's loss."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.networks.batch_affinities import batch_affinities
from nbembed.networks.item_objectives import KEPT_BYTES
from nbembed.networks.kernels import StudentT
from nbembed.networks.losses import Cauchy, kl
from nbembed.networks.models import Network, check_widths
from nbembed.networks.rows import Rows

__all__ = ["BoltzmannMachine", "SigmoidNetwork", "conjugate_gradients", "fine_tune", "pretrain"]

# Of the first weights of a layer.
DEVIATION = 0.1
# Of the pre-training: rows of a mini-batch, learning rates, momentum in the first epochs and later.
ROWS, RATE, LINEAR_RATE, WEIGHT_DECAY = 100, 0.1, 0.001, 0.0002
MOMENTUM, FIRST_MOMENTUM, FIRST_EPOCHS = 0.9, 0.5, 5


class SigmoidNetwork(Network):
    """Dense layers of sigmoid units, the last one linear.

    Parameters
    ----------
    n_features
        Columns of the input, at least 1.
    n_components
        Dimension of the map, at least 1. Default 2.
    hidden
        Widths of the hidden layers, called ``"hidden1"``, ``"hidden2"``, … The last layer is ``"map"``.
    seed
        Fixes the weights: normal with a deviation of 0.1, biases zero. Default 0.

    References
    ----------
    van der Maaten (2009), "Learning a parametric embedding by preserving local structure", AISTATS, sec. 3.

    Examples
    --------
    >>> SigmoidNetwork(64, hidden=(32,), seed=0)(torch.zeros(5, 64)).shape
    torch.Size([5, 2])
    """

    def __init__(
        self,
        n_features: int,
        n_components: int = 2,
        *,
        hidden: Sequence[int] = (500, 500, 2000),
        seed: int = 0,
    ) -> None:
        super().__init__()
        _checks.check_number("n_features", n_features, low=1, integer=True)
        _checks.check_number("n_components", n_components, low=1, integer=True)
        self.n_features, self.n_components = int(n_features), int(n_components)
        generator = torch.Generator().manual_seed(seed)
        width = self.n_features
        for number, wide in enumerate(check_widths("hidden", hidden), 1):
            layer = nn.Sequential(_normal(width, wide, generator), nn.Sigmoid())
            self.add_module(f"hidden{number}", layer)
            width = wide
        self.add_module("map", _normal(width, self.n_components, generator))


class BoltzmannMachine:
    r"""A restricted Boltzmann machine, whose weights and hidden biases are those of a dense layer.

    Visible units are binary, and taken as probabilities; hidden units are binary, :math:`p(h_j = 1|v) = \sigma(c_j +
    v^T w_j)`, or with ``linear`` normal with variance 1 around :math:`c_j + v^T w_j`.

    Parameters
    ----------
    layer
        It is trained in place.
    linear
        Whether the hidden units are normal. Default False.

    References
    ----------
    Hinton (2002), "Training products of experts by minimizing contrastive divergence", Neural Computation 14;
    Hinton & Salakhutdinov (2006), Science 313, for normal hidden units.
    """

    def __init__(self, layer: nn.Linear, *, linear: bool = False) -> None:
        self.layer, self.linear = layer, linear
        self.visible_bias = torch.zeros(layer.in_features, device=layer.weight.device)
        self.parameters = (layer.weight.detach(), layer.bias.detach(), self.visible_bias)
        self._velocities = [torch.zeros_like(parameter) for parameter in self.parameters]

    def hidden(self, visible: Tensor) -> Tensor:
        """Return the means of the hidden units, shape (n_rows, n_hidden)."""
        means = self.layer(visible)
        return means if self.linear else means.sigmoid()

    def visible(self, hidden: Tensor) -> Tensor:
        """Return the means of the visible units, shape (n_rows, n_visible)."""
        return (hidden @ self.layer.weight + self.visible_bias).sigmoid()

    @torch.no_grad()
    def learn(
        self,
        visible: Tensor,
        generator: torch.Generator,
        *,
        learning_rate: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> Tensor:
        """Take one step of contrastive divergence: the data against what one sweep of sampling makes of them.

        Only the states of the hidden units that make the reconstruction are drawn; all else are means.

        Parameters
        ----------
        visible
            One mini-batch, shape (n_rows, n_visible), in [0, 1].
        generator
            Draws the states.
        learning_rate
            Factor on the mean over the rows.
        momentum
            Share of the last step that is taken again. Default 0.
        weight_decay
            Factor on the weights, not the biases, that is subtracted from the gradient. Default 0.

        Returns
        -------
        tensor without dimension
            Mean squared error of the reconstruction, summed over the units.
        """
        data = self.hidden(visible)
        again = self.visible(self._drawn(data, generator))
        model = self.hidden(again)
        share = 1.0 / len(visible)
        weights = (data.T @ visible).sub_(model.T @ again).mul_(share)
        gradients = (
            weights.sub_(self.layer.weight, alpha=weight_decay),
            (data - model).mean(dim=0),
            (visible - again).mean(dim=0),
        )
        for parameter, velocity, gradient in zip(
            self.parameters, self._velocities, gradients, strict=True
        ):
            velocity.mul_(momentum).add_(gradient, alpha=learning_rate)
            parameter.add_(velocity)
        return (visible - again).square().sum() * share

    def _drawn(self, means: Tensor, generator: torch.Generator) -> Tensor:
        if self.linear:
            noise = torch.empty_like(means).normal_(generator=generator)
            return means + noise
        return torch.bernoulli(means, generator=generator)


def pretrain(
    network: SigmoidNetwork,
    table: Rows,
    generator: torch.Generator,
    *,
    n_epochs: int,
    n_linear_epochs: int,
) -> list[list[float]]:
    """Train the layers of a network in place, each as a Boltzmann machine on what the one below it gives.

    What the layers below give is computed batch by batch, never for all rows at once.

    Parameters
    ----------
    network
        Its last layer gets normal hidden units, the others binary ones.
    table
        Rows in [0, 1].
    generator
        Draws all that is random.
    n_epochs, n_linear_epochs
        Visits of every row while a layer of sigmoid units is trained, and the linear one.

    Returns
    -------
    list of list of float
        For each layer the error of the reconstructions in every epoch, see :meth:`BoltzmannMachine.learn`.

    Raises
    ------
    InvalidInputError
        If a layer's weights go to infinity.
    """
    *below, last = network
    layers: list[Any] = [*(part[0] for part in below), last]  # pyright: ignore[reportIndexIssue]
    found: list[list[float]] = []
    for number, layer in enumerate(layers):
        linear = layer is last
        machine = BoltzmannMachine(layer, linear=linear)
        lower = nn.Sequential(*below[:number])
        epochs = n_linear_epochs if linear else n_epochs
        errors = [_epoch(machine, lower, table, generator, epoch) for epoch in range(epochs)]
        if not all(parameter.isfinite().all() for parameter in machine.parameters):
            raise InvalidInputError(
                f"X must be data that a Boltzmann machine can learn, got infinite weights in layer {number + 1}; use "
                "fewer or narrower hidden layers, or no pre-training"
            )
        found.append(errors)
    return found


def fine_tune(
    network: nn.Module,
    table: Rows,
    generator: torch.Generator,
    *,
    perplexity: float,
    degrees_of_freedom: float,
    batch_size: int,
    n_epochs: int,
    n_line_searches: int,
) -> list[float]:
    """Train a network in place on the KL divergence of t-SNE within fixed batches, by conjugate gradients.

    The rows are shuffled once and cut into batches of equal size, to within one row, so that none is left out.

    Parameters
    ----------
    network
        From rows to places.
    table
        All rows.
    generator
        Shuffles them.
    perplexity
        Within each batch, at least 1.
    degrees_of_freedom
        Of Student's t in the map, above 0.
    batch_size
        Most rows of a batch, at least 2.
    n_epochs
        Visits of every batch.
    n_line_searches
        At each of them.

    Returns
    -------
    list of float
        Mean of the batches' divergences, in nats, at the end of their visits in every epoch.
    """
    n = len(table)
    kernel = Cauchy() if degrees_of_freedom == 1 else StudentT(degrees_of_freedom)
    order = torch.randperm(n, generator=generator, device=generator.device)
    batches = order.tensor_split(max(1, min(-(-n // batch_size), n // 2)))
    keep = 4 * n * len(batches[0]) <= KEPT_BYTES
    kept: dict[int, Tensor] = {}
    found: list[float] = []
    for _ in range(n_epochs):
        losses: list[float] = []
        for number, rows in enumerate(batches):
            inputs = table[rows]
            P = kept[number] if number in kept else batch_affinities(inputs, perplexity)
            if keep:
                kept[number] = P

            def divergence(inputs: Tensor = inputs, P: Tensor = P) -> Tensor:
                return kl(network(inputs), P, kernel)

            losses.append(conjugate_gradients(network, divergence, n_line_searches))
        found.append(sum(losses) / len(losses))
    return found


def conjugate_gradients(
    module: nn.Module, loss: Callable[[], Tensor], n_line_searches: int
) -> float:
    """Take steps of nonlinear conjugate gradients (Polak and Ribière), as scipy does them, and return the loss.

    The first direction is that of steepest descent. Where no step lowers the loss, the weights stay as they are.

    Parameters
    ----------
    module
        Its parameters are changed in place.
    loss
        What they are to lower.
    n_line_searches
        Directions that are searched, each until the strong Wolfe conditions hold.

    References
    ----------
    Nocedal & Wright (2006), "Numerical Optimization", sec. 5.2.
    """
    from scipy.optimize import minimize

    parameters = list(module.parameters())
    start = nn.utils.parameters_to_vector(parameters).detach()

    def put(vector: Tensor) -> None:
        # In place: parameters that are parts of one vector would be saved with all of it.
        parts = vector.to(start).split([parameter.numel() for parameter in parameters])
        with torch.no_grad():
            for parameter, part in zip(parameters, parts, strict=True):
                parameter.copy_(part.view_as(parameter))

    def value_and_gradient(x: Any) -> tuple[float, Any]:
        put(torch.from_numpy(x))
        value = loss()
        gradients = torch.autograd.grad(value, parameters)
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        return float(value.detach()), flat.cpu().double().numpy()

    # All directions are searched: what counts as a small gradient depends on the width of the network.
    options = {"maxiter": n_line_searches, "gtol": 0.0}
    first = start.cpu().double().numpy()
    before = float(loss().detach())
    found = minimize(value_and_gradient, first, jac=True, method="CG", options=options)
    if not found.fun < before:
        put(start)
        return before
    put(torch.from_numpy(found.x))
    return float(found.fun)


def _epoch(
    machine: BoltzmannMachine,
    lower: nn.Sequential,
    table: Rows,
    generator: torch.Generator,
    epoch: int,
) -> float:
    """Let a machine learn from every row once; return the mean error of its reconstructions."""
    n = len(table)
    order = torch.randperm(n, generator=generator, device=generator.device)
    total = torch.zeros((), device=generator.device)
    for rows in order.tensor_split(max(1, round(n / ROWS))):
        with torch.no_grad():
            visible = lower(table[rows])
        error = machine.learn(
            visible,
            generator,
            learning_rate=LINEAR_RATE if machine.linear else RATE,
            momentum=FIRST_MOMENTUM if epoch < FIRST_EPOCHS else MOMENTUM,
            weight_decay=WEIGHT_DECAY,
        )
        total += error * len(rows)
    return float(total) / n


def _normal(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    layer: Any = nn.utils.skip_init(nn.Linear, n_in, n_out)
    nn.init.normal_(layer.weight, std=DEVIATION, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer
