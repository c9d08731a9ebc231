"""Where bytes are kept whole under a name: a folder, or a prefix of a bucket.

Bytes are never overwritten, and a reader sees all of them or none. Delta tables are written and
read by delta-rs and Spark, which open folders and buckets themselves; here their files are listed
and their logs are read.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from uuid import uuid4

from indextracker.system.failpoints import failpoint
from indextracker.system.readers import Reader

# Sail 0.7 finds no table below a folder with a blank, a letter beyond ASCII, # or ?; delta-rs none
# below one with %.
_PLAIN = re.compile(r"[A-Za-z0-9/._+=,&-]+")
# For what botocore does not repeat itself: a body that breaks off, two writers of one name.
TRIES = 5
# Over half a minute in all; a store that answers nothing for a minute is not waited for.
REQUEST_TRIES = 8
CONNECT_SECONDS, READ_SECONDS = 10, 60
PIECE_BYTES = 1 << 20


class StoreError(OSError):
    """A bucket could not be used; the message says what its store answered."""


@dataclass(frozen=True)
class File:
    """A file below a place: its name from there on, with slashes, its size and its age."""

    name: str
    bytes: int
    modified_at: datetime


Unreadable = Callable[[OSError], object]


def _raise(error: OSError) -> None:
    raise error


class Place(Protocol):
    """A folder, or a prefix of a bucket, that need not be there yet.

    Attributes:
        address: What it is called in settings and to Delta.
    """

    address: str

    def below(self, name: str) -> Place:
        """The place of that name in this one."""
        ...

    def exists(self, name: str) -> bool:
        """Whether something is kept under the name."""
        return self.modified_at(name) is not None

    def modified_at(self, name: str) -> datetime | None:
        """When what is kept under the name was written; None where nothing is."""
        ...

    def read(self, name: str) -> bytes:
        """What is kept under the name.

        Raises:
            FileNotFoundError: Nothing is.
        """
        ...

    def pieces(self, name: str) -> Iterator[bytes]:
        """The same, piece by piece, for what need not fit into memory.

        Raises:
            FileNotFoundError: Nothing is kept under the name.
        """
        ...

    def open(self, name: str) -> BinaryIO:
        """A reader of what is kept under the name, which reads no more than is asked of it.

        Raises:
            FileNotFoundError: Nothing is kept under the name.
        """
        ...

    def keep(self, name: str, body: bytes | BinaryIO) -> None:
        """Keeps bytes, or all that a file holds, under the name; what is kept already stays."""
        ...

    def take(self, name: str, file: Path) -> None:
        """Keeps a file of this machine under the name, and removes it from where it lay."""
        with file.open("rb") as body:
            self.keep(name, body)
        file.unlink()

    def drop(self, name: str) -> None:
        """Removes what is kept under the name; what is not there stays so."""
        ...

    def files(self, unreadable: Unreadable = ...) -> list[File]:
        """All that lies below, at any depth.

        Args:
            unreadable: Told what cannot be looked at; by default that is raised.

        Raises:
            FileNotFoundError: The place is not there: no such folder, or nothing of that prefix.
            NotADirectoryError: It is a file.
        """
        ...

    def remove(self) -> None:
        """Removes all that lies below, at any depth; a place that is not there stays so."""
        ...

    def try_writing(self) -> None:
        """Finds out whether something could be kept here, and leaves nothing behind.

        Raises:
            OSError: It could not.
        """
        ...

    def arrow(self) -> Any:
        """The place as a file system of Arrow's own, by which datasets are read.

        Its reads need nothing of Python. Those of delta-rs do, in threads of Arrow's pool: what a
        reader that wanted three rows had asked for ahead met the end of the interpreter, and 15 of
        20 processes hung or crashed there.
        """
        ...


def plain(address: str) -> str:
    """The address by which engines and delta-rs find a folder, and a bucket's own.

    A folder whose path has signs that they cannot open gets a link without them, made again where
    a cleaner of temporary files took it; the folder itself need not be there yet.

    Args:
        address: Folder, absolute, or s3 prefix.

    Raises:
        OSError: There is no place for a link that has no such signs itself.
    """
    if "://" in address or _PLAIN.fullmatch(address):
        return address
    name = hashlib.sha256(os.fsencode(address)).hexdigest()[:16]
    for folder in (
        Path.home() / ".cache" / "indextracker" / "links",
        Path(tempfile.gettempdir()).absolute() / f"indextracker-{os.getuid()}",
    ):
        if _PLAIN.fullmatch(str(folder)):
            with contextlib.suppress(OSError):
                return _linked(folder / name, address)
    raise OSError(
        f"engines find no tables below {address!r}, whose path has signs beyond letters and digits "
        "of ASCII and . _ - + = , &; a link without them could be made neither in the home folder "
        "nor in that for temporary files: set TMPDIR to a folder of such a path"
    )


def _linked(link: Path, target: str) -> str:
    """A link to the target, in a folder that is ours alone."""
    if not _leads(link, target):
        link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if link.parent.stat().st_uid != os.getuid():
            raise PermissionError(f"{link.parent} belongs to another user")
        aside = link.with_name(f"{link.name}.{uuid4()}")
        aside.symlink_to(target)
        aside.replace(link)
    return str(link)


def _leads(link: Path, target: str) -> bool:
    try:
        return link.lstat().st_uid == os.getuid() and str(link.readlink()) == target
    except OSError:
        return False


def place(address: str) -> Place:
    """The place at an address; what happens there happens when it is used."""
    return Bucket(address) if address.startswith("s3://") else Folder(Path(address))


class Folder(Place):
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder)
        self._folder = folder

    def below(self, name: str) -> Folder:
        """The folder of that name in this one."""
        return Folder(self._folder / name)

    def modified_at(self, name: str) -> datetime | None:
        """When a file was written."""
        try:
            return datetime.fromtimestamp((self._folder / name).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        return (self._folder / name).read_bytes()

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, a mebibyte at a time."""
        with (self._folder / name).open("rb") as opened:
            while piece := opened.read(PIECE_BYTES):
                yield piece

    def open(self, name: str) -> BinaryIO:
        """The file."""
        return (self._folder / name).open("rb")

    def keep(self, name: str, body: bytes | BinaryIO) -> None:
        """Writes aside, syncs and links: a kill leaves a whole file or none."""
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        # Not hidden: what a kill leaves among the files of a table is removed by its maintenance,
        # which overlooks hidden names.
        handle, aside = tempfile.mkstemp(dir=file.parent, prefix="aside-")
        try:
            with os.fdopen(handle, "wb") as opened:
                if isinstance(body, bytes):
                    opened.write(body)
                else:
                    shutil.copyfileobj(body, opened, PIECE_BYTES)
                opened.flush()
                os.fsync(opened.fileno())
            failpoint("written-aside")
            # Unlike a rename, a link never takes the place of a file.
            os.link(aside, file)
        except FileExistsError:
            pass
        finally:
            Path(aside).unlink(missing_ok=True)

    def take(self, name: str, file: Path) -> None:
        """Syncs and links: nothing is copied, unless the file lies on another disk."""
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as written:
            os.fsync(written.fileno())
        try:
            os.link(file, target)
        except FileExistsError:
            pass
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            super().take(name, file)
            return
        file.unlink()

    def drop(self, name: str) -> None:
        """Removes a file."""
        (self._folder / name).unlink(missing_ok=True)

    def files(self, unreadable: Unreadable = _raise) -> list[File]:
        """Every file below the folder, behind links too; each folder once."""
        if not self._folder.is_dir():
            kind = NotADirectoryError if self._folder.exists() else FileNotFoundError
            raise kind(f"{self._folder} is no folder")
        os.scandir(self._folder).close()  # that this one cannot be read is always raised
        found, walked = [], set[str]()
        for folder, below, names in os.walk(self._folder, onerror=unreadable, followlinks=True):
            if (real := os.path.realpath(folder)) in walked:
                below.clear()  # a link leads back to it
                continue
            walked.add(real)
            for path in (Path(folder, name) for name in names):
                try:
                    about = path.stat()
                except FileNotFoundError:
                    continue  # gone since it was listed: a writer's file aside
                except OSError as error:
                    unreadable(error)
                    continue
                if stat.S_ISREG(about.st_mode):
                    name = path.relative_to(self._folder).as_posix()
                    modified = datetime.fromtimestamp(about.st_mtime, UTC)
                    found.append(File(name, about.st_size, modified))
        return found

    def remove(self) -> None:
        """Removes the folder with all that is in it."""
        if self._folder.exists():
            shutil.rmtree(self._folder)

    def try_writing(self) -> None:
        """Writes a file without a name to what of the folder's path is there."""
        there = (folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        with tempfile.TemporaryFile(dir=next(there)):
            pass

    def arrow(self) -> Any:
        """The folder itself."""
        from pyarrow.fs import LocalFileSystem, SubTreeFileSystem  # noqa: PLC0415 - Arrow is slow

        return SubTreeFileSystem(str(self._folder.absolute()), LocalFileSystem())


class Bucket(Place):
    """A prefix of a bucket, or all of it.

    Args:
        address: `s3://<bucket>/<prefix>`.
        client: Makes boto3's client of S3 when it is first needed, since making one looks for
            credentials. By default it is one with the standard chain of them.
    """

    def __init__(self, address: str, client: Callable[[], Any] | None = None) -> None:
        self.address = address
        self._bucket, _, prefix = address.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._make_client = client or _s3

    @cached_property
    def _client(self) -> Any:
        return self._make_client()

    def below(self, name: str) -> Bucket:
        """The prefix of that name in this one, by the same client."""
        return Bucket(f"{self.address}/{name}", lambda: self._client)

    def modified_at(self, name: str) -> datetime | None:
        """When an object was written."""
        try:
            with self._asked(name):
                answer = self._client.head_object(**self._object(name))
        except FileNotFoundError:
            return None
        modified: datetime = answer["LastModified"]
        return modified

    def read(self, name: str) -> bytes:
        """The bytes of an object."""
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of an object; where an answer breaks off, the next one goes on from there."""
        from botocore.exceptions import HTTPClientError  # noqa: PLC0415

        done, same = 0, dict[str, str]()
        with self._asked(name):
            for left in reversed(range(TRIES)):
                answer = self._client.get_object(**self._object(name), **same)
                try:
                    for piece in answer["Body"].iter_chunks(PIECE_BYTES):
                        done += len(piece)
                        yield piece
                except HTTPClientError:
                    if not left:
                        raise
                else:
                    return
                if done:
                    same = {"Range": f"bytes={done}-", "IfMatch": answer["ETag"]}

    def open(self, name: str) -> BinaryIO:
        """A reader that asks for a part of the object whenever it is moved."""
        with self._asked(name):
            size = self._client.head_object(**self._object(name))["ContentLength"]

        def fill(buffer: memoryview, first: int) -> int:
            wanted = f"bytes={first}-{first + len(buffer) - 1}"
            with self._asked(name):
                found = self._client.get_object(**self._object(name), Range=wanted)["Body"].read()
            buffer[: len(found)] = found
            return len(found)

        return io.BufferedReader(Reader(fill, size), PIECE_BYTES)

    def keep(self, name: str, body: bytes | BinaryIO) -> None:
        """Puts an object in one request, on the condition that there is none of that name.

        A store takes 5 GB in one request.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415

        with self._asked(name):
            for left in reversed(range(TRIES)):
                if not isinstance(body, bytes):
                    body.seek(0)
                try:
                    self._client.put_object(**self._object(name), Body=body, IfNoneMatch="*")
                except ClientError as error:
                    code = error.response["Error"]["Code"]
                    if code == "PreconditionFailed":
                        return
                    if code != "ConditionalRequestConflict" or not left:
                        raise
                else:
                    return

    def drop(self, name: str) -> None:
        """Deletes an object."""
        with self._asked(name):
            self._client.delete_object(**self._object(name))

    def files(self, unreadable: Unreadable = _raise) -> list[File]:  # noqa: ARG002
        """Every object of the prefix; the store lists all or raises an error."""
        pages = self._client.get_paginator("list_objects_v2")
        with self._asked(""):
            found = [
                File(kept["Key"].removeprefix(self._prefix), kept["Size"], kept["LastModified"])
                for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix)
                for kept in page.get("Contents", ())
            ]
        if not found:
            raise FileNotFoundError(f"there is nothing below {self.address}")
        return found

    def remove(self) -> None:
        """Deletes every object of the prefix, a page of a thousand at a time."""
        pages = self._client.get_paginator("list_objects_v2")
        with self._asked(""):
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                if keys := [{"Key": kept["Key"]} for kept in page.get("Contents", ())]:
                    answer = self._client.delete_objects(
                        Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True}
                    )
                    if stayed := answer.get("Errors"):
                        raise StoreError(
                            f"{self.address}: {len(stayed)} objects could not be deleted "
                            f"({stayed[0].get('Code')}): look at what these credentials may do"
                        )

    def try_writing(self) -> None:
        """Puts an object and deletes it."""
        name = f".tried-{uuid4().hex}"
        with self._asked(""):
            self._client.put_object(**self._object(name), Body=b"")
            self._client.delete_object(**self._object(name))

    def arrow(self) -> Any:
        """The prefix by Arrow's client of AWS, with the credentials and region of boto3."""
        from boto3.session import Session  # noqa: PLC0415 - half a second
        from botocore.utils import get_environ_proxies  # noqa: PLC0415
        from pyarrow.fs import (  # noqa: PLC0415 - Arrow is slow
            AwsStandardS3RetryStrategy,
            S3FileSystem,
            SubTreeFileSystem,
        )

        from indextracker.system.whole_reads import reading_small_files_whole  # noqa: PLC0415

        found = Session().get_credentials()
        keys = found.get_frozen_credentials() if found else None
        store = self._client.meta
        of_amazon = store.endpoint_url.endswith((".amazonaws.com", ".amazonaws.com.cn"))
        system = S3FileSystem(
            access_key=keys and keys.access_key,
            secret_key=keys and keys.secret_key,
            session_token=keys and keys.token,
            region=store.region_name,
            endpoint_override=None if of_amazon else store.endpoint_url,
            proxy_options=get_environ_proxies(store.endpoint_url).get("https"),
            connect_timeout=CONNECT_SECONDS,
            request_timeout=READ_SECONDS,
            retry_strategy=AwsStandardS3RetryStrategy(max_attempts=REQUEST_TRIES),
        )
        whole = reading_small_files_whole(system)
        return SubTreeFileSystem(f"{self._bucket}/{self._prefix}", whole)

    def _object(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": f"{self._prefix}{name}"}

    @contextmanager
    def _asked(self, name: str) -> Iterator[None]:
        """Turns what the store answers into the errors of files, in a sentence."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        place = f"{self.address}/{name}".rstrip("/")
        try:
            yield
        except ClientError as error:
            found = error.response["Error"]
            code, says = found.get("Code", ""), found.get("Message", "")
            if code in ("404", "NoSuchKey"):
                raise FileNotFoundError(f"there is no {place}") from None
            raise StoreError(
                f"{place}: {error.operation_name} was answered with {code} ({says}): look at "
                "the bucket's name and region, and at what these credentials may do"
            ) from error
        except BotoCoreError as error:
            raise StoreError(f"{place}: {error}") from error


def _s3() -> Any:
    from boto3.session import Session  # noqa: PLC0415 - half a second
    from botocore.config import Config  # noqa: PLC0415

    return Session().client(
        "s3",
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": REQUEST_TRIES},
        ),
    )
