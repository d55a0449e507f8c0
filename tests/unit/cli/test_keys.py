from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from img_super.api.keys import KnownKeys
from img_super.cli.app import app
from img_super.cli.exits import Exit


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def run(*words: str, file: Path) -> Result:
    return CliRunner().invoke(app, ["keys", *words, "--file", str(file)])


def test_created_key_works_and_only_its_hash_is_stored(file: Path) -> None:
    made = run("create", "bank", file=file)
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert len(key) > 40
    assert KnownKeys(file).owner(key) == "bank"
    assert key not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_keys_rotate_without_a_gap(file: Path) -> None:
    old = run("create", "bank", file=file).stdout.strip()
    new = run("create", "bank", file=file).stdout.strip()
    assert {KnownKeys(file).owner(old), KnownKeys(file).owner(new)} == {"bank"}
    first, _ = run("list", file=file).stdout.splitlines()
    assert run("revoke", "bank", "--hash", first.split()[1], file=file).exit_code == 0
    assert (KnownKeys(file).owner(old), KnownKeys(file).owner(new)) == (None, "bank")


def test_last_key_can_be_revoked(file: Path) -> None:
    run("create", "bank", file=file)
    assert "Revoked 1 key." in run("revoke", "bank", file=file).stdout
    assert file.read_text() == ""


@pytest.mark.parametrize("name", ["two words", "", "x" * 65, "a\nb", "#bank"])
def test_unreadable_key_name_is_refused(file: Path, name: str) -> None:
    run("create", "bank", file=file)
    before = file.read_text()
    refused = run("create", name, file=file)
    assert refused.exit_code == Exit.NOT_STARTED
    assert "letters" in refused.output
    assert file.read_text() == before
    assert list(file.parent.iterdir()) == [file]


def test_failures_are_one_sentence(file: Path, tmp_path: Path) -> None:
    assert "has no such key" in run("revoke", "bank", file=file).output
    assert "No such file" in run("create", "bank", file=tmp_path / "nowhere" / "keys").output
    file.write_text("nonsense\n")
    assert "Line 1" in run("list", file=file).output


def test_file_stays_readable_by_the_services_group(file: Path) -> None:
    """As in the manual for `docker run`: a folder of the container user's group."""
    folder = file.parent / "keys"
    folder.mkdir()
    os.chown(folder, -1, next((group for group in os.getgroups() if group != os.getegid()), os.getegid()))
    folder.chmod(0o2750)
    inside = folder / "keys.txt"
    old = run("create", "bank", file=inside).stdout.strip()
    run("create", "shop", file=inside)
    inside.chmod(0o640)
    known, before = KnownKeys(inside), inside.stat()
    assert known.owner(old) == "bank"
    assert run("revoke", "bank", file=inside).exit_code == 0
    after = inside.stat()
    assert (after.st_mode, after.st_gid) == (before.st_mode, before.st_gid)
    assert known.owner(old) is None
