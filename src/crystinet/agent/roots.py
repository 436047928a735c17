"""Folders that an agent may look into: nothing outside of them has a name."""

from collections.abc import Mapping
from pathlib import Path

from crystinet.app.files import pattern_files, structure_files
from crystinet.core.errors import ConfigError, FileMissingError

#: Files that a list names at most.
MOST_FILES = 200


class Roots:
    """Folders by name; a path is "NAME/what/is/below.xy".

    Parameters
    ----------
    folders
        The folders.

    Raises
    ------
    ConfigError
        There is none.
    FileMissingError
        One is no folder.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        if not folders:
            raise ConfigError("No folder is named.", hint="Give --root NAME=FOLDER.")
        self._folders = {name: folder.resolve() for name, folder in folders.items()}
        for name, folder in self._folders.items():
            if not folder.is_dir():
                raise FileMissingError(
                    f"There is no folder {folders[name]}.",
                    hint="Name a folder: --root NAME=FOLDER.",
                )

    @property
    def names(self) -> list[str]:
        """Of the folders."""
        return list(self._folders)

    def path(self, text: str) -> Path:
        """The file that an agent means; links are followed before it is judged.

        Raises
        ------
        FileMissingError
            It is not below one of the folders, or not there.
        """
        name, _, rest = text.strip().partition("/")
        hint = f"Paths begin with one of: {', '.join(f'{each}/' for each in self._folders)}"
        if name not in self._folders or "\0" in text:
            raise FileMissingError(f"{text[:200]!r} is in no folder that may be read.", hint=hint)
        root = self._folders[name]
        try:
            found = (root / rest).resolve()
            is_there = found.exists()
        except (OSError, RuntimeError) as error:
            raise FileMissingError(f"{text[:200]!r} cannot be opened.", hint=hint) from error
        if not found.is_relative_to(root):
            raise FileMissingError(f"{text[:200]!r} is in no folder that may be read.", hint=hint)
        if not is_there:
            raise FileMissingError(
                f"There is no file {text[:200]!r}.", hint="The tool `files` lists what is there."
            )
        return found

    def named(self, text: str) -> str:
        """A text for the agent, in which folders have the names that it knows them by."""
        for name, folder in sorted(self._folders.items(), key=lambda each: -len(str(each[1]))):
            text = text.replace(str(folder), name)
        return text

    def files(self, name: str | None = None) -> list[str]:
        """Names of pattern and structure files in a folder, or in all."""
        found = []
        for each in self.names if name is None else [name]:
            root = self.path(f"{each}/")
            files = {*pattern_files([root]), *structure_files([root])} - {root}
            found += [
                f"{each}/{file.relative_to(root).as_posix()}"
                for file in sorted(files)
                if file.resolve().is_relative_to(root)
            ]
        return found[:MOST_FILES]
