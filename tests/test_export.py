"""One page, offline: user data stays data, and only our program may run."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from nbembed import export
from nbembed.errors import InvalidInputError, InvalidTypeError

HOSTILE = [
    "</script><script>alert(1)</script>",
    "</SCRIPT >",
    "<!--",
    "<!--<script>",
    "-->",
    "]]>",
    "\u2028\u2029",
    "&lt;b&gt;",
    "<img src=x onerror=alert(1)>",
    "'\"`${alert(1)}",
    "{title}{0}",
    "\x00\ud800",
    "日本語",
]
PROGRAM = 'export const a = ["</script>", "</SCRIPT x", "<!-- <script>"]; // {braces}\r\nlet b;\n'
STYLE = '.nbembed{content:"</style><!--"}\n'


class Reader(HTMLParser):
    """Collects elements with their attributes and text."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), []))

    def handle_endtag(self, tag):
        # What follows belongs to no element that the tests look at.
        self.found.append((f"/{tag}", {}, []))

    def handle_data(self, data):
        if self.found:
            self.found[-1][2].append(data)

    def all(self, tag):
        return [(attrs, "".join(text)) for name, attrs, text in self.found if name == tag]


@pytest.fixture
def static(tmp_path, monkeypatch):
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "widget.js").write_bytes(PROGRAM.encode())
    (folder / "widget.css").write_bytes(STYLE.encode())
    monkeypatch.setattr(export, "STATIC", folder)
    return folder


def _write(tmp_path, payload=None, buffers=None, title="t"):
    path = export.write_page(tmp_path / "map.html", payload or {}, buffers or {}, title)
    return path.read_text(encoding="utf-8")


def _data(page):
    scripts = Reader(page).all("script")
    assert scripts[0][0] == {"type": "application/json", "id": "nbembed-page"}
    return json.loads(scripts[0][1])


@pytest.mark.usefixtures("static")
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_data(tmp_path, text):
    payload = {"color": {"name": text, "categories": [text, text], text: 1}}
    page = _write(tmp_path, payload, title=text)
    harmless = _write(tmp_path, {"color": 1}, title="t")
    reader, usual = Reader(page), Reader(harmless)
    assert [tag for tag, *_ in reader.found] == [tag for tag, *_ in usual.found]
    assert _data(page)["color"] == payload["color"]
    assert reader.all("title")[0][1] == text.replace("\ud800", "?")


@pytest.mark.usefixtures("static")
def test_the_data_block_holds_no_character_that_could_end_it(tmp_path):
    page = _write(tmp_path, {"a": HOSTILE})
    block = re.search(r'id="nbembed-page">(.*?)</script>', page, re.DOTALL)[1]
    assert not set(block) & set("<>&\u2028\u2029")
    assert block.isascii()


@pytest.mark.usefixtures("static")
def test_the_title_is_plain_text(tmp_path):
    page = _write(tmp_path, title="</title><script>alert('1')</script>")
    assert "<title>&lt;/title&gt;&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;</title>" in page


@pytest.mark.usefixtures("static")
def test_bytes_come_back_from_base64(tmp_path):
    buffers = {"snapshot": bytes(range(256)), "color_values": b""}
    data = _data(_write(tmp_path, {"protocol": 1}, buffers))
    assert {name: base64.b64decode(text) for name, text in data["buffers"].items()} == buffers
    assert data["protocol"] == 1


@pytest.mark.usefixtures("static")
def test_the_policy_allows_the_program_and_nothing_else(tmp_path):
    page = _write(tmp_path)
    reader = Reader(page)
    policies = [a["content"] for a, _ in reader.all("meta") if "http-equiv" in a]
    assert len(policies) == 1
    rules = dict(rule.split(" ", 1) for rule in policies[0].split("; "))
    scripts = reader.all("script")
    assert [a.get("type") for a, _ in scripts] == ["application/json", "module"]
    digest = base64.b64encode(hashlib.sha256(scripts[1][1].encode()).digest()).decode()
    assert rules == {
        "default-src": "'none'",
        "script-src": f"'sha256-{digest}'",
        "style-src": "'unsafe-inline'",
        "img-src": "data: blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    # The policy must stand before anything it should govern.
    assert page.index("Content-Security-Policy") < page.index("<style>")


@pytest.mark.usefixtures("static")
def test_the_page_refers_to_nothing_outside(tmp_path):
    page = _write(tmp_path)
    for tag, attributes, _ in Reader(page).found:
        assert not {"src", "href", "srcset", "action"} & set(attributes), tag
    assert '<div id="nbembed-root"></div>' in page


@pytest.mark.usefixtures("static")
def test_the_program_cannot_end_its_element(tmp_path):
    page = _write(tmp_path)
    program = Reader(page).all("script")[1][1]
    assert "<!--" not in program
    assert not re.search(r"</script", program, re.IGNORECASE)
    assert "\r" not in program
    assert "{braces}" in program
    assert Reader(page).all("style")[0][1] == '.nbembed{content:"<\\/style>\\x3C!--"}\n'


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_the_program_means_the_same_as_before(tmp_path):
    program = (
        'const s = ["</script>", \'<!-- </SCRIPT\', `<!--${"</script"}`, "<\\/script>"];'
        's.push(/<!--/u.test("<" + "!--"), /<\\/script/.source.length);'
        's.push("<" + "/script" === "</script");'
        "console.log(JSON.stringify(s));"
    )
    outputs = []
    for i, text in enumerate((program, export._inert(program))):
        file = tmp_path / f"{i}.mjs"
        file.write_text(text)
        outputs.append(subprocess.check_output([shutil.which("node"), str(file)]))
    assert outputs[0] == outputs[1]
    assert program != export._inert(program)


@pytest.mark.usefixtures("static")
def test_numbers_that_json_lacks_become_null(tmp_path):
    import numpy as np

    payload = {"a": float("nan"), "b": [np.float32("inf"), np.int64(2)], "c": np.arange(3)}
    data = _data(_write(tmp_path, payload))
    assert (data["a"], data["b"], data["c"]) == (None, [None, 2], [0, 1, 2])


@pytest.mark.usefixtures("static")
def test_what_json_cannot_say_is_refused_and_nothing_is_left(tmp_path):
    with pytest.raises(InvalidTypeError, match="payload must hold only what JSON can say"):
        _write(tmp_path, {"a": object()})
    assert not (tmp_path / "map.html").exists()


@pytest.mark.parametrize("name", ["widget.js", "widget.css"])
def test_a_missing_front_end_says_what_to_do(tmp_path, static, name):
    (static / name).unlink()
    with pytest.raises(InvalidInputError, match=rf"{name} is missing.*`make`.*install nbembed"):
        _write(tmp_path)


@pytest.mark.usefixtures("static")
def test_the_page_replaces_an_older_one(tmp_path):
    target = tmp_path / "map.html"
    target.write_text("old")
    assert "<!doctype html>" in _write(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["map.html", "static"]
