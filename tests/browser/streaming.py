"""A long run before a real browser: what it sends, and how much memory both sides take."""

import json

# Few neighbours, so that the steps are quick. The spy stands where the widget sends its messages.
CELLS = (
    """import json, os, time, numpy as np, nbembed as nb
X = np.random.default_rng(0).normal(size=({rows}, 10)).astype("f4")
w = nb.EmbedWidget(X, n_neighbors=4, n_epochs=1_000_000, init="random", random_state=0)
sent, most, own = {{}}, 0, w._publisher.send
def spy(content, buffers):
    global most
    if content["t"] == "frame" and content["seq"] not in sent:
        sent[content["seq"]] = time.monotonic()
        most = max(most, w._publisher.in_flight)
    own(content, buffers)
w._publisher.send = spy""",
    "w.start()\nw._session.run.history.max_bytes = {limit}",
)
ASK = """at = np.array(list(sent.values()))
busy = max((int(((at >= t) & (at < t + 1)).sum()) for t in at), default=0)
print(json.dumps(dict(step=w._session.run.step, frames=len(at), in_one_second=busy, in_flight=most, pid=os.getpid(),
    per_second=(len(at) - 1) / (at[-1] - at[0]) if len(at) > 1 else 0.0, is_full=w._session.run.history._stride > 1
    and "trustworthiness" in w._session.run.history.curves)))"""


def story(notebook):
    """Return what was sent so far, and whether the kernel holds all that it will: a full history, and what metrics need."""
    return json.loads(notebook.ask(ASK))


class Memory:
    """Megabytes of the kernel (resident) and of the page's JavaScript (after a collection)."""

    def __init__(self, notebook, psutil):
        self._kernel = psutil.Process(story(notebook)["pid"])
        self._page = notebook.page.context.new_cdp_session(notebook.page)
        self._page.send("Performance.enable")

    def read(self):
        """Return both."""
        self._page.send("HeapProfiler.collectGarbage")
        metrics = {
            m["name"]: m["value"] for m in self._page.send("Performance.getMetrics")["metrics"]
        }
        return {
            "kernel": round(self._kernel.memory_info().rss / 1e6, 1),
            "page": round(metrics["JSHeapUsedSize"] / 1e6, 1),
        }
