"""
Lasting storage for everything written so far, in one go.
"""

from __future__ import annotations

import os

from lading.connectors.folder.mounts import mounts_below
from lading.connectors.folder.system import sync_file_system
from lading.connectors.folder.tree import Tree
from lading.connectors.folder.trouble import translated
from lading.model.paths import ROOT


class FolderSettle:
    """The settle facet: `syncfs` for the file system of the root and each one mounted below it."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def settle(self) -> None:
        """Return when everything written so far, by whatever process, survives a power cut."""
        try:
            sync_file_system(self._tree.root)
            for names in mounts_below(self._tree.root):
                try:
                    folder = self._tree.reading(names, os.O_DIRECTORY)
                except OSError:
                    # Out of our reach, so nothing of ours is there.
                    continue
                try:
                    sync_file_system(folder)
                finally:
                    os.close(folder)
        except OSError as problem:
            raise translated(problem, ROOT) from problem
