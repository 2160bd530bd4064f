"""The notebook of an election observer: captures, signs, keeps and syncs evidence.

Everything here is generated from the Rust core, with its documentation::

    import hattama

    notebook = hattama.Notebook.open(
        hattama.NotebookConfig(folder="notebook", app_name="desk", app_version="1"),
        vault=hattama.passphrase_vault("five words nobody chose together"),
        events=None,
        transport=None,
    )
    notebook.enrol(invitation)
    report = notebook.pump(hattama.PumpBudget(by_user=True))

Calls block and may come from any thread. An error is a ``NotebookError`` of one of twelve kinds; each
says what to do. End with ``notebook.end()``.
"""

from ._notebook import *  # noqa: F401,F403
from ._notebook import __all__ as __all__  # noqa: F401
