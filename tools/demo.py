"""./run demo [--fresh] [--orders FILE.csv[.gz]]: everything on this machine, until Ctrl-C."""

import argparse
import json
import re
import sys
import time
import urllib.error
from pathlib import Path

from tools.house import STORE, House, HouseFell, stop_on_sigterm
from tools.people import Merchant


def seed(house: House, orders: Path | None) -> None:
    """Give the sandbox its store, unless it has one from last time."""
    body = {"hash": STORE, "preset": "empty" if orders else "demo"}
    if orders:
        body["orders_csv"] = str(orders.resolve())
    print("Filling the sandbox store ...", flush=True)
    try:
        house.call("POST", "/_sandbox/stores", body)
    except urllib.error.HTTPError as refused:
        why = json.load(refused)["error"]
        raise HouseFell(f"The store cannot be filled from {orders or 'the demo data'}: {why}") from None


def install(house: House) -> None:
    """Install the app as the merchant would, show how the orders arrive, and answer what a first run asks."""
    merchant = Merchant(house)
    merchant.install()
    last = ""
    while True:
        text = merchant.open("/panel/welcome").text
        found = re.search(r"\d+ of \d+ orders|\d+ orders are here", text)
        if found and found.group() != last:
            last = found.group()
            print(f"  {last}", flush=True)
        if last.endswith("here"):
            break
        house.check()
        time.sleep(0.5)
    merchant.save_settings("address", return_address="Returns\nBackhaul Demo Store\n1 Example Street\n10001 Sampletown")
    merchant.save_settings("window", review_above="150")
    merchant.save_settings("notes", staff_notes="yes")


def has_store(house: House) -> bool:
    return STORE in house.call("GET", "/_sandbox/stores")["stores"]


def addresses(house: House) -> str:
    return f"""
Backhaul is up. Everything runs on this machine; the store, its mailbox and its payments are simulated.

  The panel        {house.sandbox_url}/manage/{STORE}/app
                   (inside the store's control panel; installed already, as from
                   {house.sandbox_url}/marketplace/{STORE})
  The storefront   {house.shop_url}/
                   (sign in as a shopper, open an order, "Return items")
  As a guest       {house.app_url}/r/{STORE}
                   (order number and e-mail from the control panel's orders; the code comes by mail)
  The mailbox      {house.sandbox_url}/mailbox

Logs are in {house.folder}. Stop with Ctrl-C; start again to go on, with --fresh to start over.
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="start over with new data")
    parser.add_argument("--orders", type=Path, help="seed the store from a CSV file of order lines")
    options = parser.parse_args()
    if options.orders and not options.orders.exists():
        print(f"There is no file {options.orders}.", file=sys.stderr)
        return 2
    stop_on_sigterm()
    house = House()
    try:
        if options.fresh:
            house.wipe()
        print("Starting PostgreSQL, the sandbox store, the app and its worker ...", flush=True)
        house.start()
        if not has_store(house):
            seed(house, options.orders)
        elif options.orders:
            print("The store already has its orders: --orders needs --fresh.", file=sys.stderr)
        # Also after a first run that was stopped half-way.
        if not house.call("GET", f"/_sandbox/stores/{STORE}")["installed"]:
            print("Installing Backhaul into it; its orders arrive ...", flush=True)
            install(house)
        print(addresses(house), flush=True)
        while True:
            time.sleep(1)
            house.check()
    except KeyboardInterrupt:
        print("\nStopping ...", flush=True)
        return 0
    except HouseFell as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        house.stop()


if __name__ == "__main__":
    sys.exit(main())
