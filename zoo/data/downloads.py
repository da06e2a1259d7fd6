"""A file behind a URL is downloaded once into the cache, and again when it has changed there."""

from __future__ import annotations

import errno
import hashlib
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from zoo.data.cache_folder import cache_folder, writing
from zoo.errors import DatasetError, nearest_names, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from zoo.interfaces import Progress

DOWNLOADS = "downloads"
MEGABYTE = 1_000_000
LONGEST_NAME = 100

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # two letters or more: C:// is a disk
_FULL = (errno.ENOSPC, errno.EDQUOT)
# Keys by which file systems identify a content; letters and digits of the key alone, whatever the case and punctuation.
_MARKS = {
    *("size", "etag", "mtime", "lastmodified", "modified", "modify", "updated", "created", "generation"),
    *("versionid", "md5", "md5hash", "contentmd5", "digest", "sha", "blobid"),
}


def is_url(text: str) -> bool:
    """Whether this is a URL such as `s3://bucket/photos.zip`; `tfds:NAME` and `C:/photos` are not."""
    return _URL.match(text) is not None


def file_name(url: str) -> str:
    """Return the last part of the URL's path."""
    path = url.partition("::")[0]  # of what is chained, as in zip://photos.npz::s3://bucket/all.zip
    if path.lower().startswith(("http://", "https://")):
        path = re.split(r"[?#]", path)[0]
    return path.rpartition("/")[2]


def download(url: str, progress: Progress) -> Path:
    """Return the local copy of the file behind the URL: the one in the cache, if the file is still the same.

    Of several processes one downloads and the others wait for it. Only a whole copy ever has its name. Where the URL
    cannot be reached, an older copy is used, with a notice.

    Raises:
        DatasetError: the URL cannot be reached and there is no copy, it is a folder, or the cache cannot be written.
    """
    require_protocol(url)
    import fsspec

    copy = _copy_of(url)
    try:
        files, path = fsspec.core.url_to_fs(url)
        info = files.info(path)
    except Exception as error:  # each file system has errors of its own
        return _older_copy(url, copy, error, progress)
    if info.get("type") == "directory":
        raise DatasetError(
            f"'{url}' is a folder, and zoo reads one file from a URL: mount the bucket, and give the path"
        )
    marks = _marks(info)
    with writing(copy.parent):
        if _marks_of(copy) != marks:
            copy.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{copy.parent}.lock"):
                if _marks_of(copy) != marks:  # another process may have been quicker
                    _fetch(lambda part, report: _get(files, path, part, report), url, copy, progress)
                    _note_of(copy).write_text(json.dumps({"url": url, "marks": marks}), encoding="utf-8")
    return copy


def require_protocol(url: str) -> None:
    """Raise a DatasetError unless fsspec knows the URL's protocol."""
    import fsspec

    protocol, _, rest = url.partition("://")
    protocols = fsspec.available_protocols()
    if protocol not in protocols:
        nearest = nearest_names(protocol, protocols)
        advice = (
            f"did you mean {', '.join(f'{name}://' for name in nearest)}?" if nearest else "check the URL"
        )
        raise DatasetError(f"'{url}' begins with {protocol}://, which fsspec does not know: {advice}")
    if protocol in ("file", "local") and not rest.startswith("/"):
        raise DatasetError(f"'{url}' is not a whole path: write file:///home/… or the path alone")


def _copy_of(url: str) -> Path:
    folder = cache_folder() / DOWNLOADS / hashlib.sha256(url.encode()).hexdigest()
    return folder / re.sub(r"[^\w.-]+", "-", file_name(url))[-LONGEST_NAME:]


def _note_of(copy: Path) -> Path:
    return copy.with_name(f"{copy.name}.json")


def _marks(info: Mapping[str, Any]) -> dict[str, str]:
    """Return what identifies the file's content without reading it; the keys depend on the file system."""
    return {
        key: str(value)
        for key, value in sorted(info.items())
        if re.sub(r"[^a-z0-9]", "", key.lower()) in _MARKS
    }


def _marks_of(copy: Path) -> dict[str, str] | None:
    """Return the marks of the downloaded file; None if there is no whole copy."""
    try:
        marks = json.loads(_note_of(copy).read_text(encoding="utf-8"))["marks"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return marks if isinstance(marks, dict) and copy.is_file() else None


def _fetch(
    get: Callable[[Path, Callable[..., None]], None], url: str, copy: Path, progress: Progress
) -> None:
    """Download under a temporary name; the copy appears at once, without a note."""
    total = 1

    def report(size: int | None, value: int, **_: object) -> None:
        nonlocal total
        if size:
            total = max(1, -(-size // MEGABYTE))
            progress.advanced("downloading", min(value * total // size, total - 1), total)

    part = copy.with_name(f"{copy.name}.part")
    try:
        try:
            get(part, report)
        except Exception as error:
            if getattr(error, "errno", None) in _FULL:
                raise
            raise _unreachable(url, error) from error
        _note_of(copy).unlink(missing_ok=True)  # of the copy that is replaced
        part.replace(copy)
    finally:
        part.unlink(missing_ok=True)
    progress.advanced("downloading", total, total)


def _get(files: Any, path: str, part: Path, report: Callable[..., None]) -> None:  # fsspec is untyped
    from fsspec.callbacks import Callback

    files.get_file(path, str(part), callback=Callback(hooks={"report": report}))


def _older_copy(url: str, copy: Path, error: Exception, progress: Progress) -> Path:
    """Return the copy in the cache although the URL cannot be reached; raise a DatasetError where there is none."""
    if _marks_of(copy) is None:
        raise _unreachable(url, error) from error
    then = datetime.fromtimestamp(copy.stat().st_mtime).astimezone()
    progress.notice(
        f"{url} cannot be reached ({_reason(error)}): the copy of {then:%Y-%m-%d %H:%M} in the cache is used"
    )
    return copy


def _unreachable(url: str, error: Exception) -> DatasetError:
    package = getattr(error.__cause__, "name", None) if isinstance(error, ImportError) else None
    if package and package in str(error):  # the name of a module need not be that of its package
        advice = f"pip install {package}"
    elif isinstance(error, ImportError):
        advice = "install that package"
    else:
        advice = "check the URL, the network, and your permissions"
    return DatasetError(f"cannot download '{url}': {_reason(error)}; {advice}")


def _reason(error: BaseException) -> str:
    """Return the error in one line."""
    if isinstance(error, FileNotFoundError):
        if isinstance(error.__cause__, Exception):  # fsspec says so too of a server that does not answer
            return _reason(error.__cause__)
        return "there is no such file"
    return reason_of(error).strip().partition("\n")[0][:200].rstrip(". ")
