"""Run notebooks and store their outputs, without the widgets' state.

``python notebooks/refresh.py 00_quickstart.ipynb``

The state would carry the whole front end once for every widget; the static figures stay. Lessons get a badge
that opens them in Colab: from the repository that pyproject.toml names under ``[project.urls]``, and where it
names none, Colab's own page, which takes an uploaded notebook.
"""

import re
import sys
import tomllib
from pathlib import Path

import nbformat
from nbclient import NotebookClient

BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
COLAB = "https://colab.research.google.com/"


def badge(name, repository=""):
    """Return the line that opens the notebook of that name in Colab."""
    hosted = re.fullmatch(r"https://github\.com/([^/]+/[^/]+?)(?:\.git)?/?", repository)
    place = f"github/{hosted[1]}/blob/main/notebooks/{name}" if hosted else ""
    return f"[![Open in Colab]({BADGE})]({COLAB}{place})"


def with_badge(text, line):
    """Return the first cell's text with the badge under its title, in place of an older one."""
    title, _, rest = text.partition("\n")
    rest = "\n".join(row for row in rest.split("\n") if BADGE not in row).lstrip("\n")
    return f"{title}\n\n{line}\n\n{rest}"


def repository():
    """Return the address of the repository, if pyproject.toml names one."""
    project = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(project)["project"].get("urls", {}).get("Repository", "")


def refresh(path):
    """Execute the notebook at ``path`` in its folder and write it back."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    if any("solution" in cell.metadata.get("tags", []) for cell in notebook.cells):
        title = notebook.cells[0]
        title.source = with_badge(title.source, badge(path.name, repository()))
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(Path(__file__).parent / name)
