"""A run as one HTML file that works offline and cannot load anything.

The page holds the same program as the widget. Everything that comes from the user is data: it
stands in a JSON block in which no character can end the block, and a content security policy
allows no script but the program, by its hash.
"""

import base64
import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.persistence import replacing

__all__ = ["write_page"]

STATIC = Path(__file__).parent / "static"

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<div id="nbembed-root"></div>
<noscript>This page draws a map with JavaScript, which is turned off here.</noscript>
<script type="application/json" id="nbembed-page">{data}</script>
<script type="module">{program}</script>
</body>
</html>
"""


def write_page(
    path: str | os.PathLike[str],
    payload: Mapping[str, Any],
    buffers: Mapping[str, bytes],
    title: str,
) -> Path:
    """Write one offline HTML page that shows what ``payload`` describes.

    Parameters
    ----------
    path
        The file; it is replaced at once or not at all.
    payload
        What the program reads instead of the widget's traits. JSON types; NaN and infinity become
        null.
    buffers
        Bytes by name; they stand in the page as base64 under ``payload["buffers"]``.
    title
        The title of the page, as plain text.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InvalidInputError
        If the built front end is missing from the installation.
    InvalidTypeError
        If ``payload`` holds what JSON cannot say.
    OSError
        If the file cannot be written.
    """
    program = _inert(_asset("widget.js"))
    page = PAGE.format(
        policy=_policy(program),
        title=escape(title),
        style=_inert(_asset("widget.css")),
        data=_data_block({**payload, "buffers": _encoded(buffers)}),
        program=program,
    )
    # Text that is not Unicode (lone surrogates from file names) must not stop the export.
    content = page.encode("utf-8", errors="replace")
    with replacing(path) as beside:
        beside.write_bytes(content)
    return Path(path)


def _asset(name: str) -> str:
    """Return a file of the built front end, with the line ends a browser would read."""
    path = STATIC / name
    try:
        # read_text turns every line end into "\n", as a browser does before it compares the hash.
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInputError(
            f"the page needs the built front end, but {path} is missing; in a clone of the "
            "repository run `make`, otherwise install nbembed again"
        ) from None


def _inert(text: str) -> str:
    r"""Return a program or style sheet without what would end or confuse its element.

    ``</script`` and ``<!--`` occur in string, template and regular expression literals only, where
    ``<\/`` and ``\x3C`` stand for the same characters; so do ``</style`` and ``\/`` in style
    sheets.
    """
    text = re.sub(r"</(?=script|style)", r"<\\/", text, flags=re.IGNORECASE)
    return text.replace("<!--", r"\x3C!--")


def _policy(program: str) -> str:
    digest = base64.b64encode(hashlib.sha256(program.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _encoded(buffers: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(content).decode("ascii") for name, content in buffers.items()}


def _data_block(payload: Mapping[str, Any]) -> str:
    """Return JSON in which every character that HTML or JavaScript could read is escaped."""
    try:
        text = json.dumps(_plain(payload), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidTypeError(f"payload must hold only what JSON can say, but {error}") from error
    # Everything beyond ASCII, U+2028 and U+2029 among it, json.dumps has escaped already.
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _plain(value: Any) -> Any:
    """Return ``value`` with JSON types only; NaN and infinity, which JSON lacks, become None."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
