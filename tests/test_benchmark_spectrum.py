"""The command that tests GDR's claim: one switch at a time, its tables, and that it goes on where it stood."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import nbembed as nb
from nbembed.benchmarking.journal import Trial


@pytest.fixture(scope="module")
def scripts():
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    names = ("spectrum", "spectrum_tables")
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    sys.path.remove(folder)


def test_a_switch_turns_one_thing(scripts):
    for algorithm in scripts.spectrum.ALGORITHMS:
        own = scripts.spectrum.turned(algorithm, "original").get_params()
        for switch in scripts.spectrum.SWITCHES:
            other = scripts.spectrum.turned(algorithm, switch).get_params()
            changed = {name for name in own if own[name] != other[name]}
            assert len(changed) == {"original": 0, "a, b": 2}.get(switch, 1), (algorithm, switch)


def test_all_points_repel_by_the_grid_where_there_is_one(scripts):
    ways = {
        switch: scripts.spectrum.by_grid(scripts.spectrum.turned("t-SNE", switch)).repulsion
        for switch in scripts.spectrum.SWITCHES
    }
    assert {switch for switch, way in ways.items() if way == "exact"} == {"a, b", "normalization"}
    assert set(ways.values()) == {"exact", "fft"}


def test_turned_normalisation_of_the_one_is_the_other(scripts):
    turned = scripts.spectrum.turned("GDR UMAP", "normalization").get_params()
    assert turned == nb.GDR.preset("gdr_tsne").get_params()


def trials(values):
    """Trials of a score by (algorithm, switch), a list over seeds each."""
    return [
        Trial("d", f"{algorithm}, {switch}", seed, 9, scores={"knn_accuracy": value})
        for (algorithm, switch), each in values.items()
        for seed, value in enumerate(each)
    ]


def test_tables_hold_means_and_deviations(scripts):
    made = trials(
        {
            ("UMAP", "original"): [90.0, 92.0],
            ("UMAP", "Frobenius"): [94.0, 96.0],
            ("UMAP", "normalization"): [10.0, 10.0],
            ("GDR", "original"): [80.0, 80.0],
            ("GDR", "Frobenius"): [82.0, 82.0],
        }
    )
    lines = scripts.spectrum_tables.tables(made, "knn_accuracy").splitlines()
    cells = {line.split(" | ")[0].strip("| "): line.split(" | ")[1:] for line in lines}
    # t(0.975, 1) is 12.706; the standard error of 90 and 92 is 1.
    assert cells["UMAP"][:3] == ["91.0 ± 12.7", "95.0 ± 12.7", "10.0 ± 0.0"]
    # The normalisation is no part of the algorithm's mean.
    assert cells["UMAP"][3].startswith("93.0 ± 2.8")
    assert cells["GDR"][2] == "not run"
    # -2 and -1: by how much the originals are below the means.
    assert cells["mean deviation"][0] == "-1.5 ± 0.0"


def test_claims_need_intervals_within_a_point(scripts):
    noise = np.array([0.0, 0.01, -0.01, 0.02, -0.02])
    changes = {"small": 0.2 + noise, "large": 3 + noise, "wild": 0.2 + 100 * noise}
    made = {("UMAP", "original"): np.full(5, 50.0)}
    made |= {("UMAP", name): 50.0 + change for name, change in changes.items()}
    said = {line.split(" | ")[1]: line.split(" | ")[-1].strip(" |") for line in scripts.spectrum_tables.claims(trials(made)).splitlines()[2:]}  # fmt: skip
    assert said == {"small": "yes", "large": "no", "wild": "undecided"}


def test_what_was_not_run_is_no_claim_and_in_no_mean(scripts):
    own = {
        switch: [value, value]
        for switch, value in (("original", 80.0), ("Frobenius", 82.0), ("a, b", 90.0))
    }
    made = trials({("UMAP", switch): each for switch, each in own.items()} | {("UMAP", "normalization"): [1.0, 1.0]}
                  | {("GDR", switch): own[switch] for switch in ("original", "Frobenius")})  # fmt: skip
    rows = [
        line.split(" | ")
        for line in scripts.spectrum_tables.tables(made, "knn_accuracy").splitlines()
    ]
    assert next(row for row in rows if row[0] == "| GDR")[-1].startswith("81.0 ± 1.4")
    said = [line.split(" | ")[:2] for line in scripts.spectrum_tables.claims(made).splitlines()[2:]]
    assert ["| GDR", "Frobenius"] in said
    assert not [row for row in said if row[0] == "| GDR" and row[1] != "Frobenius"]
    assert "GDR" not in scripts.spectrum_tables.normalization(made, "knn_accuracy")


def test_the_normalisation_counts_one_way(scripts):
    made = trials({("UMAP", "original"): [9.0, 9.0], ("UMAP", "normalization"): [4.0, 4.0],
                   ("t-SNE", "original"): [3.0, 3.0], ("t-SNE", "normalization"): [7.0, 7.0]})  # fmt: skip
    text = scripts.spectrum_tables.normalization(made, "knn_accuracy")
    assert "| UMAP | +5.0 ± 0.0 |" in text
    assert "| t-SNE | +4.0 ± 0.0 |" in text


def test_rows_and_columns_are_drawn_or_repeated(scripts):
    X = np.arange(60.0).reshape(12, 5).astype(np.float32)
    for rows, columns in ((6, 3), (30, 5), (12, 9)):
        made = scripts.spectrum.resampled(X, rows, columns)
        assert made.shape == (rows, columns)
        assert len(np.unique(made, axis=0)) == rows
    assert set(scripts.spectrum.resampled(X, 6, 3).ravel()) <= set(X.ravel())


def test_what_is_done_is_not_done_again(scripts, tmp_path, monkeypatch, capsys):
    command = ["spectrum.py", "switches", "--limit", "120", "--steps", "2", "--seeds", "0", "--who", "GDR UMAP"]  # fmt: skip
    monkeypatch.setattr(sys, "argv", [*command, "--file", str(tmp_path / "f.jsonl")])
    scripts.spectrum.main()
    said = capsys.readouterr().out
    assert said.count('"method": "GDR UMAP, ') == len(scripts.spectrum.SWITCHES)
    assert "| digits, v_measure | original | Frobenius |" in said
    monkeypatch.setattr(nb.GDR, "fit_transform", lambda *_: pytest.fail("it is done"))
    scripts.spectrum.main()
    assert '"method"' not in capsys.readouterr().out
