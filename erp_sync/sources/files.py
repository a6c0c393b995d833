"""Files of an export: found in natural order, watched for change, hashed while they are read, unpacked on the way."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from erp_sync.errors import FixSource, TryLater
from erp_sync.sources.digest import combined
from erp_sync.sources.reading import Reading

BLOCK = 4 * 1024 * 1024  # bytes read at a time
PACKED = (".gz", ".zip")
SHEETS = (".xlsx", ".xlsm")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a dataset, or one member of a zip file."""

    path: Path
    place: str  # as people know it: from the project's folder
    member: str = ""


def find_files(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """Files that match, each once, ``part-2`` before ``part-10``. Raises FixSource where none does."""
    if not folder.is_dir():
        raise FixSource(f"{folder} is no folder", advice="Correct `folder` of the source, or mount the share.")
    try:
        found = {p for pattern in patterns for p in folder.glob(pattern) if p.is_file()}
    except (ValueError, NotImplementedError) as e:
        raise FixSource(f"{', '.join(patterns)} is no pattern for files: {e}") from e
    if not found:
        if named := [n for n in (folder / pattern for pattern in patterns) if n.is_dir() or n.is_symlink()]:
            raise FixSource(
                f"{named[0]} is no file", advice="It is a folder, or a link that leads nowhere. Correct `files`."
            )
        there = ", ".join(sorted(p.name for p in folder.iterdir())[:10])
        raise FixSource(
            f"no file matches {', '.join(patterns)} in {folder}",
            advice=f"There is: {there or 'nothing'}. Correct `files`, or wait for the export.",
        )
    return sorted(found, key=natural)


def natural(path: Path) -> tuple[list[tuple[int, int, str]], str]:
    """Numbers in names count as numbers."""
    pieces = re.split(r"(\d+)", str(path).casefold())
    return [(0, int(p), "") if p.isdecimal() and p.isascii() else (1, 0, p) for p in pieces], str(path)


def place_of(path: Path, root: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def parts_of(path: Path, root: Path) -> list[Part]:
    place = place_of(path, root)
    if path.suffix.lower() != ".zip":
        return [Part(path, place)]
    with _zip(path, place) as packed:
        members = [i.filename for i in packed.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX/")]
    return [Part(path, f"{place}/{m}", m) for m in sorted(members, key=lambda m: natural(Path(m)))]


class Watch:
    """Remembers how each file looked when it was first read, so that a change in between is noticed."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self._digests: dict[Path, str] = {}
        self._files: dict[str, list[Path]] = {}

    def once(self, dataset: str, find: Callable[[], list[Path]]) -> list[Path]:
        """The dataset's files, looked up once: a part that comes later belongs to the next extract."""
        if dataset not in self._files:
            self._files[dataset] = find()
        return self._files[dataset]

    def look(self, path: Path, place: str) -> None:
        """Raises TryLater where the file is not what it was."""
        try:
            stat = path.stat()
        except FileNotFoundError:
            raise _moved(place) from None
        now = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        if self._seen.setdefault(path, now) != now:
            raise _moved(place)

    def keep_digest(self, path: Path, digest: str) -> None:
        self._digests[path] = digest

    def digest(self, paths: Sequence[Path]) -> str:
        """Of files that were read to their end, or else are read now."""
        return joined_digest([self._digests.get(p) or file_digest(p) for p in paths])


def _moved(place: str) -> TryLater:
    return TryLater(
        f"{place} changed while it was being read",
        advice="The ERP is still writing it. Run again when the export is finished; `done_file` can tell.",
    )


def file_digest(path: Path) -> str:
    with _opened(path, str(path)), path.open("rb") as f:
        return f"sha256:{hashlib.file_digest(f, 'sha256').hexdigest()}"


def joined_digest(digests: Sequence[str]) -> str:
    """That of the file itself where there is only one, as `sha256sum` says it."""
    return digests[0] if len(digests) == 1 else combined(digests)


@contextmanager
def _opened(path: Path, place: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as e:
        raise _moved(place) from e
    except PermissionError as e:
        raise FixSource(f"{place} may not be read by this user", advice="Give read access to the file.") from e
    except OSError as e:
        raise TryLater(f"{place} cannot be read: {e.strerror or e}") from e


@contextmanager
def _zip(path: Path, place: str) -> Iterator[zipfile.ZipFile]:
    with _opened(path, place):
        try:
            packed = zipfile.ZipFile(path)
        except zipfile.BadZipFile as e:
            raise FixSource(
                f"{place} is no zip file, or its end is missing", advice="Have it exported or sent again."
            ) from e
        with packed:
            yield packed


def blocks(part: Part, watch: Watch, reading: Reading) -> Iterator[bytes]:
    """The part's bytes, unpacked. What is cut off or corrupt is a problem of the reading, not an error."""
    watch.look(part.path, part.place)
    if part.member:
        yield from _from_zip(part, reading)
    elif part.path.suffix.lower() == ".gz":
        yield from _from_gzip(part, watch, reading)
    else:
        yield from _raw(part, watch)
    watch.look(part.path, part.place)


def _raw(part: Part, watch: Watch) -> Iterator[bytes]:
    hashed = hashlib.sha256()
    with _opened(part.path, part.place), part.path.open("rb", buffering=0) as f:
        while block := f.read(BLOCK):
            hashed.update(block)
            yield block
    watch.keep_digest(part.path, f"sha256:{hashed.hexdigest()}")


def _from_gzip(part: Part, watch: Watch, reading: Reading) -> Iterator[bytes]:
    unpack, broken = zlib.decompressobj(wbits=31), ""
    for block in _raw(part, watch):
        while block and not broken:
            if unpack.eof:
                block = block.lstrip(b"\0")  # tapes and block devices pad with zeros
                if not block:
                    break
                unpack = zlib.decompressobj(wbits=31)
            try:
                text = unpack.decompress(block, BLOCK)
            except zlib.error as e:
                broken = f"{part.place} is corrupt: {e}"
                break
            block = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
            if text:
                yield text
    if not broken and (text := unpack.flush()):
        yield text
    if broken or not unpack.eof:
        reading.problem(broken or f"{part.place} is cut off: its gzip data has no end")


def _from_zip(part: Part, reading: Reading) -> Iterator[bytes]:
    with _zip(part.path, part.place) as packed:
        try:
            with packed.open(part.member) as f:
                while block := f.read(BLOCK):
                    yield block
        except (zipfile.BadZipFile, zlib.error, EOFError) as e:
            reading.problem(f"{part.place} is corrupt: {e}")
        except RuntimeError as e:
            raise FixSource(
                f"{part.place} cannot be unpacked: {e}", advice="Zip files with a password cannot be read."
            ) from e
