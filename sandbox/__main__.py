"""`python -m sandbox`: the simulator with the settings of the environment, until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading

from sandbox.server import CLIENT_ID, CLIENT_SECRET, SCOPES, Sandbox


def main() -> None:
    env = os.environ
    sandbox = Sandbox(
        env.get("SANDBOX_STATE") or None,
        port=int(env.get("SANDBOX_PORT", "5090")),
        shop_port=int(env.get("SANDBOX_SHOP_PORT", "5091")),
        smtp_port=int(env.get("SANDBOX_SMTP_PORT", "5025")),
        app_url=env.get("APP_URL", "http://127.0.0.1:5080"),
        client_id=env.get("BC_CLIENT_ID", CLIENT_ID),
        client_secret=env.get("BC_CLIENT_SECRET", CLIENT_SECRET),
        clock_file=env.get("SANDBOX_CLOCK_FILE") or None,
        contract_path=env.get("SANDBOX_VALIDATE") or None,
        scopes=env.get("BC_SCOPES", SCOPES),
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    sandbox.start()
    print(f"store {sandbox.url}  storefront {sandbox.shop_url}  mailbox {sandbox.url}/mailbox", flush=True)
    stop.wait()
    sandbox.stop()


if __name__ == "__main__":
    main()
