"""Many people at once, measured: `python benchmarks/sessions.py [--sessions 1 10 50] [--app app.py] [--before]`.

Starts the dashboard on this machine and opens the spectrum of the ECG demo in many sessions at the same moment, each
over a websocket of its own, as browsers do. Then each moves the rank to a value that nobody has asked for yet ("cold":
empty cache, new ranks), every 1.5 s, or as soon as it has been answered where that takes longer; then all do so once
more at the same ranks ("warm"). A move is answered when the chart of the eigenvalues at that rank has arrived; the page
is whole when the server says so. A session fails that is shown an error, is cut off, or waits longer than PATIENCE.
Memory is the server's resident set: after its start, the most of it, and after all have left and Streamlit has let go
of them.

The clients run on the same cores as the server, and so may others: what each takes of them is printed too. Writes
docs/results/sessions.json; `--before` keeps the figures under names of their own, `--app` measures another checkout.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from benchmarks import results

PAGE, ADDRESS = "spectrum", "model=demo:ecg&data=demo:ecg"
EVERY, PATIENCE, MOST = 1.5, 120.0, 100
# Seconds for which Streamlit keeps a session whose browser has left, in case that it comes back; by itself 120.
KEPT = 5


class Failed(Exception):
    """What a session was shown, or that it was not shown anything."""


class Session:
    """One browser tab, as far as the server can tell."""

    def __init__(self, port):
        self.port, self.rank, self.slider, self.page = port, None, None, ""
        self.seen, self.timers = asyncio.Condition(), {}
        self.charted, self.whole, self.error = None, False, None

    async def opened(self):
        """Seconds until the first chart of eigenvalues is there."""
        start = time.perf_counter()
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        self.socket = await connect(address, subprotocols=["streamlit"], max_size=None, open_timeout=PATIENCE)
        self.reader = asyncio.create_task(self._read())
        await self._send()
        await self._until(lambda: self.charted is not None)
        return time.perf_counter() - start

    async def moved(self, rank):
        """Seconds until the chart at this rank is there, and until the page is whole."""
        self.rank, self.charted, self.whole = rank, None, False
        start = time.perf_counter()
        await self._send()
        await self._until(lambda: self.charted == rank)
        charted = time.perf_counter() - start
        await self._until(lambda: self.whole)
        return charted, time.perf_counter() - start

    async def close(self):
        for timer in self.timers.values():
            timer.cancel()
        self.reader.cancel()
        await self.socket.close()

    async def _until(self, seen):
        async with self.seen:
            try:
                await asyncio.wait_for(self.seen.wait_for(lambda: self.error or seen()), PATIENCE)
            except TimeoutError:
                raise Failed(f"nothing within {PATIENCE:.0f} s") from None
        if self.error:
            raise Failed(self.error)

    async def _send(self, fragment=""):
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_script_hash, run.fragment_id = ADDRESS, self.page, fragment
        run.page_name, run.is_auto_rerun = "" if self.page else PAGE, bool(fragment)
        if self.rank is not None:
            state = run.widget_states.widgets.add(id=self.slider.id)
            state.double_array_value.data.append(self.rank)
        await self.socket.send(message.SerializeToString())

    async def _again(self, fragment, interval):
        while True:
            await asyncio.sleep(interval)
            await self._send(fragment)

    async def _read(self):
        try:
            async for content in self.socket:
                message = ForwardMsg.FromString(content)
                async with self.seen:
                    self._take(message)
                    self.seen.notify_all()
        except ConnectionClosed as error:
            await self._fail(f"cut off: {error}")
        except Exception as error:
            await self._fail(f"unreadable: {error!r}")

    async def _fail(self, error):
        async with self.seen:
            self.error = self.error or error
            self.seen.notify_all()

    def _take(self, message):
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self._stop(list(self.timers))
        elif kind == "navigation":
            self.page = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            fragment = message.auto_rerun.fragment_id
            self._stop([fragment])
            self.timers[fragment] = asyncio.create_task(self._again(fragment, message.auto_rerun.interval))
        elif kind == "stop_auto_rerun":
            self._stop(message.stop_auto_rerun.fragment_ids)
        elif kind == "script_finished":
            ended = message.script_finished
            self.whole = self.whole or (ended == ForwardMsg.FINISHED_SUCCESSFULLY and self.charted is not None)
            if ended == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self.error = "the script did not compile"
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._show(message.delta.new_element)

    def _stop(self, fragments):
        for fragment in fragments:
            if fragment in self.timers:
                self.timers.pop(fragment).cancel()

    def _show(self, element):
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.error = f"{element.exception.type}: {element.exception.message}"
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            self.error = element.alert.body
        elif kind == "slider" and element.slider.label.startswith("Rank"):
            self.slider = element.slider
        elif kind == "plotly_chart" and self.charted != (self.rank or self.charted or 0):
            self.charted = modes(element.plotly_chart.spec, self.rank) or self.charted


def modes(spec, rank):
    """How many eigenvalues a chart shows, where it shows as many as are asked for; None of any other chart."""
    counts = [len(trace["customdata"]) for trace in json.loads(spec)["data"] if "customdata" in trace]
    return next((count for count in counts if rank in (count, None)), None)


async def one_visit(port, ranks, together, later):
    """One session: seconds to open, and of each move, cold and warm; what failed, or None. It moves so much `later`
    than the first does, since people do not keep time."""
    session, times = Session(port), {"open": [], "cold": [], "warm": []}
    try:
        times["open"].append(await session.opened())
        for state in ("cold", "warm"):
            await asyncio.wait_for(together.wait(), PATIENCE)
            await asyncio.sleep(later)
            for rank in ranks:
                start = time.perf_counter()
                times[state].append(await session.moved(rank))
                await asyncio.sleep(max(EVERY - (time.perf_counter() - start), 0))
        return times, None
    except (Failed, OSError, TimeoutError, asyncio.BrokenBarrierError) as error:
        await together.abort()
        return times, repr(error)
    finally:
        with contextlib.suppress(Exception):
            await session.close()


async def visits(port, count, moves):
    """So many sessions at the same moment, each at ranks of its own as far as there are enough."""
    together = asyncio.Barrier(count)
    ranks = [[2 + (count * move + number) * 37 % 126 for move in range(moves)] for number in range(count)]
    later = [EVERY * number / count for number in range(count)]
    return await asyncio.gather(
        *(one_visit(port, *each) for each in zip(ranks, [together] * count, later, strict=True))
    )


@contextlib.contextmanager
def dashboard(app, cache):
    """A fresh server; its process and port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"KANN_CACHE_DIR": str(cache), "PYTHONPATH": str(app.parent)}
    options = {"--server.port": port, "--server.disconnectedSessionTTL": KEPT}
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(app),
        *(str(part) for pair in options.items() for part in pair),
    ]
    with open(cache / "server.log", "wb") as log:
        server = subprocess.Popen(command, cwd=app.parent, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=PATIENCE).read()
                break
            time.sleep(0.1)
        yield server, port
    finally:
        server.terminate()
        server.wait(PATIENCE)


def resident(server):
    """MB of the server's memory, now and at most so far. Linux says it."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM")]


class Clock:
    """Who takes how much of this machine: what others take is missing to the server."""

    def __init__(self, server):
        self.server = server
        self.start = self._now()

    def cores(self):
        """Cores that the server, the clients and everybody else have taken since."""
        seconds, server, clients, everybody = (now - then for now, then in zip(self._now(), self.start, strict=True))
        taken = {"the server": server, "the clients": clients, "others": everybody - server - clients}
        return {name: part / seconds for name, part in taken.items()}

    def _now(self):
        tick = os.sysconf("SC_CLK_TCK")
        own = Path(f"/proc/{self.server.pid}/stat").read_text().rpartition(")")[2].split()
        user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
        server = (int(own[11]) + int(own[12])) / tick
        return time.perf_counter(), server, time.process_time(), (user + nice + system) / tick


def measured(app, count, moves):
    """All figures of so many sessions, by name."""
    with tempfile.TemporaryDirectory() as folder, dashboard(app, Path(folder)) as (server, port):
        before, _ = resident(server)
        clock = Clock(server)
        found = asyncio.run(visits(port, count, moves))
        cores = clock.cores()
        open_still, most = resident(server)
        time.sleep(2 * KEPT)
        asyncio.run(visits(port, 1, 0))  # Streamlit lets go of old sessions when it is visited
        after, _ = resident(server)
        errors = re.findall(r"^\S*(?:Error|Exception)\b.*", (Path(folder) / "server.log").read_text(), re.MULTILINE)
    figures = {"sessions": count, "moves a session": moves, "failures": [error for _, error in found if error]}
    times = {name: [one for every, _ in found for one in every[name]] for name in ("open", "cold", "warm")}
    figures["open, s"] = summary(times["open"])
    for state in ("cold", "warm"):
        for index, part in enumerate(("chart", "whole page")):
            figures[f"{state}, {part}, s"] = summary([each[index] for each in times[state]])
    memory = {"before": before, "at most": most, "at the end": open_still, "after all have left": after}
    return figures | {"memory, MB": memory, "errors in the log": errors[:5], "cores taken by": cores}


def summary(seconds):
    """Median, 95th percentile and maximum; empty where nothing was measured."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    p95 = ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)]
    return {"median": statistics.median(ordered), "p95": p95, "most": ordered[-1], "measured": len(ordered)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 50], help=f"at most {MOST}")
    parser.add_argument("--moves", type=int, default=8, help="of the rank, by each session")
    parser.add_argument("--app", type=Path, default=results.ROOT / "app.py", help="the dashboard's file")
    parser.add_argument("--before", action="store_true", help="keep the figures as those of an earlier state")
    given = parser.parse_args()
    for count in given.sessions:
        figures = measured(given.app.resolve(), min(count, MOST), given.moves)
        name = f"{count} session{'s' * (count > 1)}"
        print(name)
        for label, value in figures.items():
            print(f"  {label:28s} {shown(value)}")
        results.keep("sessions", {("before, " if given.before else "") + name: figures})


def shown(value):
    if isinstance(value, dict):
        return "  ".join(f"{name} {number:.4g}" for name, number in value.items())
    return f"{value:.3g}" if isinstance(value, float) else value


if __name__ == "__main__":
    main()
