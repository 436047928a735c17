"""Whether the optional parts that some work needs are installed."""

from importlib.util import find_spec

from crystinet.core.errors import MissingExtraError

#: What training needs of the extra ``train``.
TRAINING = ("torch", "onnx", "pyarrow", "numba")
#: What drawing augmented patterns needs of it.
DRAWING = ("torch", "numba")
#: What grouping needs of it.
GROUPING = ("torch", "numba", "sklearn", "umap")
#: What an evaluation's page needs of the extra ``report``.
PAGES = ("jinja2", "matplotlib")

#: What a service needs of the extra ``web``.
SERVICE = ("fastapi", "uvicorn", "python_multipart", "jinja2", "prometheus_client")


def need_extra(extra: str, *modules: str, what: str) -> None:
    """Refuse to start without the modules of an extra.

    Parameters
    ----------
    extra
        Name of the extra.
    modules
        Modules that it brings.
    what
        Beginning of the message: what needs them.

    Raises
    ------
    MissingExtraError
        One of them is not installed.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"{what} needs {', '.join(missing)}.",
            hint=f'Install what is missing: pip install "crystinet[{extra}]"',
        )
