"""Data for a store: our own demo data, a file of real orders, or as many made-up orders as a bench wants."""

from sandbox.seed.demo import load_demo
from sandbox.seed.retail import load_csv
from sandbox.seed.synthetic import make_orders
from sandbox.seed.types import SeedData

__all__ = ["SeedData", "load_csv", "load_demo", "make_orders"]
