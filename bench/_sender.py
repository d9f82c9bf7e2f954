"""The second process: sends deliveries as BigCommerce would, over keep-alive connections, and times each.

Reads one JSON job from standard input, writes {seconds, latencies_ms, not_2xx} to standard output.
"""

import base64
import hashlib
import hmac
import http.client
import json
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

THREADS = 12


def signed(body: bytes, number: int, secret: str) -> dict[str, str]:
    """Standard Webhooks headers over `body`."""
    moment = str(int(time.time()))
    name = f"msg_{number}_{time.time_ns()}"
    digest = hmac.new(secret.encode(), f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


class Sender(threading.Thread):
    """Sends every THREADS-th delivery over one connection."""

    def __init__(self, job: dict[str, Any], index: int, start: float) -> None:
        super().__init__()
        self.job, self.index, self.begin = job, index, start
        self.latencies: list[float] = []
        self.not_2xx = 0

    def run(self) -> None:
        target = urlsplit(self.job["url"])
        connection = http.client.HTTPConnection(target.hostname or "127.0.0.1", target.port, timeout=30)
        for number in range(self.index, len(self.job["deliveries"]), THREADS):
            delivery = self.job["deliveries"][number]
            if self.job["over_s"]:
                time.sleep(max(0.0, self.begin + delivery["at"] - time.monotonic()))
            body = json.dumps(delivery["body"]).encode()
            headers = {
                "Content-Type": "application/json",
                **self.job["headers"],
                **signed(body, number, self.job["secret"]),
            }
            start = time.perf_counter()
            connection.request("POST", target.path, body, headers)
            answer = connection.getresponse()
            answer.read()
            self.latencies.append((time.perf_counter() - start) * 1000)
            self.not_2xx += not 200 <= answer.status < 300


def main() -> None:
    job = json.load(sys.stdin)
    start = time.monotonic()
    senders = [Sender(job, index, start) for index in range(THREADS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    json.dump(
        {
            "seconds": time.monotonic() - start,
            "latencies_ms": [latency for sender in senders for latency in sender.latencies],
            "not_2xx": sum(sender.not_2xx for sender in senders),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
