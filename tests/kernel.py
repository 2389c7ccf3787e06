"""A real kernel without a browser: run cells, see what they show, speak as a front end would."""

from queue import Empty

from jupyter_client.manager import start_new_kernel

VIEW = "application/vnd.jupyter.widget-view+json"


class Kernel:
    """A kernel of its own process."""

    def __init__(self):
        self.manager, self.client = start_new_kernel(kernel_name="python3", startup_timeout=120)
        self.comms = {}

    def close(self):
        """End the process."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code, cell="cell", *, timeout=120):
        """Run ``code`` as the cell of this name; return the outputs, as a notebook would hold them."""
        session = self.client.session
        content = {
            "code": code, "silent": False, "store_history": True, "user_expressions": {},
            "allow_stdin": False, "stop_on_error": False,
        }  # fmt: skip
        metadata = {} if cell is None else {"cellId": cell}
        request = session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(request)
        outputs, places = [], {}
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=timeout)
            except Empty:
                raise AssertionError(f"the cell did not end in {timeout} s:\n{code}") from None
            kind, content = message["msg_type"], message["content"]
            if kind in ("comm_open", "comm_close"):
                self.comms[content["comm_id"]] = "open" if kind == "comm_open" else "closed"
            if message["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                if kind == "status" and content["execution_state"] == "idle":
                    return outputs
                self._collect(kind, content, outputs, places)

    @staticmethod
    def _collect(kind, content, outputs, places):
        assert kind != "error", "\n".join(content["traceback"])
        place = content.get("transient", {}).get("display_id")
        if kind == "update_display_data":
            places[place].update(content["data"])
        elif kind in ("display_data", "execute_result"):
            outputs.append({"kind": kind, **content["data"]})
            places[place] = outputs[-1]
        elif kind == "stream":
            outputs.append({"kind": kind, "text": content["text"]})

    def text(self, code, cell="asking"):
        """Run ``code`` and return what it printed."""
        return "".join(o["text"] for o in self.run(code, cell) if o["kind"] == "stream").strip()
