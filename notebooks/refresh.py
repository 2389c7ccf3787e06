"""Run notebooks and store their outputs, without the widgets' state.

``python notebooks/refresh.py 00_quickstart.ipynb``

The state would carry the whole front end once for every widget; the static figures stay.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


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
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(Path(__file__).parent / name)
