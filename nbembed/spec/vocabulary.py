"""The names that documents may use without anybody registering them, and what may be said of each.

Those of the ParaDime paper stand beside those of this package's own phases. The first spelling of a name is how
code calls it.
"""

from nbembed.spec.registry import add, named
from nbembed.spec.rules import Rule, choice, each, either, flag, number, optional, text, whole

__all__ = ["COMPILED_SAMPLING"]

AUTO = either(number(0, above=True), choice("auto"))
SHARE = number(0, 1)
POSITIVE = number(0, above=True)
# Means over one batch, of one step: more than these no machine of today does.
MANY = 10_000_000
METRICS = (
    "euclidean", "sqeuclidean", "manhattan|cityblock", "l1", "l2", "chebyshev", "minkowski", "cosine", "correlation",
    "canberra", "braycurtis", "hamming", "jaccard", "dice", "nan_euclidean", "precomputed",
)  # fmt: skip
for called in METRICS:
    add("metric", called)
METRIC: dict[str, Rule] = {"metric": named("metric")}
SEARCH = METRIC | {
    "n_neighbors": whole(1, MANY),
    "method": choice("auto", "exact", "approximate"),
    "geodesic": optional(whole(1, MANY)),
    "scale": choice("none", "standardize", "whiten"),
    "mix": SHARE,
}
CURVE = {"a": POSITIVE, "b": POSITIVE, "min_dist": number(0), "spread": POSITIVE}
# Sampling that compiled loops or the recipes of this package carry out; the others are the paper's.
COMPILED_SAMPLING = (
    "everything",
    "edges",
    "gathered",
    "near_mid_far",
    "edge_batches",
    "related_items",
    "items",
)

# ---- relations ------------------------------------------------------------------------------------
add("relation", "pairwise|pdist|exact", METRIC)
add("relation", "neighbor|neighbors|nearest neighbors", SEARCH)
add("relation", "precomputed|precomp", METRIC)
add("relation", "pairwise_eq|equal label")
add("relation", "geodesic", METRIC | {"n_neighbors": whole(1, MANY)})
add("relation", "differences|pdistdiff|pairwise differences")
add("relation", "fromto|sampled pairs", METRIC)

# ---- transforms -----------------------------------------------------------------------------------
UNION = {"local_connectivity": number(0), "set_op_mix_ratio": SHARE, "target_weight": SHARE}
add("transform", "perplexity", {"perplexity": number(1)}, required=("perplexity",))
add("transform", "connect", {"neighbors": whole(2, MANY), "local_connectivity": number(0)})
add("transform", "symmetrize", {"sub_prod": flag()})
add("transform", "normalize")
add("transform", "normalize_rows")
add("transform", "geodesic")
add("transform", "t_dist|t distribution", {"alpha": POSITIVE})
add("transform", "cauchy", CURVE)
add("transform", "gaussian")
add("transform", "none")
add("transform", "multiscale", {"perplexities": each(number(1))}, required=("perplexities",))
add("transform", "fuzzy_union", UNION)
add("transform", "distances")
add("transform", "scaled_pairs", {"n_neighbors": whole(1, MANY)}, required=("n_neighbors",))
add(
    "transform",
    "equal_label",
    {"normalized": flag(), "local_connectivity": number(0)},
    required=("normalized",),
)
add(
    "transform",
    "joint",
    {
        "rows": choice("fuzzy", "perplexity"),
        "perplexity": number(1),
        "local_connectivity": number(0),
        "pseudo_distance": flag(),
        "symmetrization": choice("mean", "union", "mutual", "none"),
        "set_op_mix_ratio": SHARE,
        "normalized": flag(),
    },
)
add("transform", "student_t", {"degrees_of_freedom": either(POSITIVE, choice("learned"))})
add("transform", "distance")

# ---- functions of a loss --------------------------------------------------------------------------
STRENGTH = {"repulsion_strength": number(0)}
add("loss", "mse|stress of pairs")
add("loss", "kl|kl div|kl divergence", STRENGTH | {"spectrum": number(-1, 3)})
add("loss", "cross_entropy", STRENGTH)
add("loss", "bce|binary cross entropy")
add("loss", "margin", {"margin": number(0)})
add("loss", "corr|correlation")
add("loss", "none")
add("loss", "rowwise_kl")
add("loss", "stress")
add("loss", "strain")
add("loss", "position")
for called in ("info_nce", "neg_tsne", "nce"):
    add("loss", called, STRENGTH)
add(
    "loss",
    "negative_sampling",
    STRENGTH | {"density": Rule("a dictionary", lambda v: isinstance(v, dict))},
)
add(
    "loss",
    "matching",
    {"divergence": choice("kl", "cross_entropy", "frobenius"), "normalized": flag()},
)
add(
    "loss",
    "contrastive",
    {"contrast": choice("neg_tsne", "info_nce", "nce"), "spectrum": number(-1, 3)},
)
add("loss", "pacmap", {"near": number(0), "mid_near": each(number(0), 2), "far": number(0)})

# ---- types of loss --------------------------------------------------------------------------------
SIZE = {"batch_size": whole(1, MANY)}
OF_HEAD = {"n_components": whole(1, 1000)}
FOLLOWED = {"feature": whole(0), "component": whole(0), "i": whole(1), "j": whole(1)}
add("loss type", "relation", open=True)
add("loss type", "classification", SIZE | OF_HEAD | {"layer": optional(text())})
add(
    "loss type",
    "reconstruction",
    OF_HEAD
    | {
        "loss": choice("mse", "bce"),
        "detach": flag(),
        "likelihood": flag(),
        "spread": optional(text()),
        "own": flag(),
    },
)
add("loss type", "position", SIZE | OF_HEAD | {"everywhere": flag()})
add("loss type", "triplet", SIZE | OF_HEAD | {"margin": number(0)})
add("loss type", "correlation", OF_HEAD | FOLLOWED)
add("loss type", "distance_correlation", OF_HEAD)
add(
    "loss type",
    "consistency",
    OF_HEAD | {"augment": choice("noise", "shift", "dropout"), "shape": optional(each(whole(1)))},
)
add(
    "loss type",
    "density",
    {"memory": Rule("a number of at least 0, below 1", lambda v: number(0, 1).allows(v) and v < 1)},
)
add("loss type", "divergence", OF_HEAD)
add("loss type", "own", open=True)

# ---- sampling -------------------------------------------------------------------------------------
COUNTED = SIZE | {"batches_per_step": whole(1, MANY), "held_out": number(0, 0.9), "mix": SHARE}
add("sampling", "item|items of an epoch", SIZE)
add("sampling", "edge", SIZE | {"rels": either(text(), each(text())), "rate": whole(1, 10_000)})
add("sampling", "everything")
add("sampling", "edges", {"n_negatives": whole(1, 10_000)})
add(
    "sampling",
    "gathered",
    {
        "weights": choice("explicit", "sampled"),
        "repulsion": choice("exact", "fft", "sampled"),
        "symmetric_attraction": flag(),
        "n_negatives": whole(1, 10_000),
    },
)
add("sampling", "near_mid_far", {"n_mid_near": whole(0, 10_000), "n_far": whole(0, 10_000)})
add("sampling", "items", COUNTED)
NOISE = {
    "n_negatives": whole(1, MANY),
    "negatives": choice("batch", "uniform", "permuted"),
    "mixup": number(0, 0.5),
}
add("sampling", "edge_batches", COUNTED | NOISE)
RELATED = {
    "batches": choice("redrawn", "fixed", "neighbors"),
    "perplexity": number(1),
    "n_neighbors": whole(2, MANY),
}
add("sampling", "related_items", COUNTED | RELATED)

# ---- optimizers -----------------------------------------------------------------------------------
RATE = {"learning_rate": AUTO, "lr": POSITIVE}
SWAY = {
    "momentum": Rule("a number of at least 0, below 1", lambda v: number(0, 1).allows(v) and v < 1)
}
add(
    "optimizer",
    "adam",
    RATE
    | {
        "schedule": choice("cosine", "constant"),
        "warm_up": whole(0),
        "clip": optional(POSITIVE),
        "clip_by": choice("norm", "value"),
        "exaggeration": POSITIVE,
        "precision": choice("float32", "bfloat16"),
        "part": whole(0),
        "parts": whole(1),
    },
)
add("optimizer", "sgd", RATE | SWAY)
add("optimizer", "momentum_gains", RATE | SWAY | {"exaggeration": POSITIVE})
add("optimizer", "decayed_sgd", RATE | SWAY | {"exaggeration": POSITIVE})
add("optimizer", "majorization")
add("optimizer", "subspace_iteration")

# ---- the rest -------------------------------------------------------------------------------------
PLACES = {"n_components": whole(1, 1000)}
WIDTHS = each(whole(1, 100_000))
add("model", "free|direct", PLACES)
add("model", "linear", PLACES)
add("model", "module", PLACES | {"shape": each(whole(1))})
UNITS = {"units": Rule("a dictionary", lambda v: isinstance(v, dict))}
NETWORK = (
    PLACES
    | UNITS
    | {"normalization": choice("layer", "batch", "none"), "head": WIDTHS, "shape": each(whole(1))}
)
add("model", "fcnn", NETWORK | {"hidden": WIDTHS, "n_directions": whole(0), "noise": number(0)})
add("model", "cnn", NETWORK | {"channels": WIDTHS})
for called in ("pca", "spectral", "random", "given"):
    add("data", called)
