"""Benchmarks of methods over data and seeds, resumable, with intervals and verdicts."""

from nbembed.benchmarking.journal import Trial
from nbembed.benchmarking.recursion import recursion_study
from nbembed.benchmarking.result import Benchmark, Summary
from nbembed.benchmarking.runner import benchmark
from nbembed.benchmarking.statistics import MARGINS, Comparison

__all__ = ["MARGINS", "Benchmark", "Comparison", "Summary", "Trial", "benchmark", "recursion_study"]
