"""Named keys: the file that keeps them, and the commands that make, list and revoke them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.making import Run, complaint, document, run_program
from ui.keys import FILE, LONGEST_NAME, BrokenKeys, Keys, NoSuchKey


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "library" / FILE)


def test_a_key_is_found_with_its_name_and_all_that_its_scopes_imply(keys: Keys) -> None:
    assert keys.list() == ()
    assert keys.find("pa_anything") is None
    made = {scope: keys.make(scope, (scope,)) for scope in ("read", "write", "admin")}
    assert all(key.startswith("pa_") and len(key) > 40 for key in made.values())
    allowed = {scope: found.allowed for scope in made if (found := keys.find(made[scope]))}
    assert allowed == {
        "read": {"read"},
        "write": {"read", "write"},
        "admin": {"read", "write", "admin"},
    }
    assert [key.name for key in keys.list()] == ["read", "write", "admin"]
    for wrong in ("", "pa_", made["read"][:-1], made["read"] + " ", keys.list()[0].digest, "ключ"):
        assert keys.find(wrong) is None


def test_the_file_is_its_owners_and_holds_no_key(keys: Keys) -> None:
    made = [keys.make("one", ("read",)), keys.make("two", ("admin",))]
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    text = keys.path.read_text("utf-8")
    assert not any(key in text or key.removeprefix("pa_") in text for key in made)
    assert "digest" not in repr(keys.list()[0])
    assert {path.name for path in keys.path.parent.iterdir()} <= {FILE, "keys.lock"}


def test_a_revoked_key_is_worthless_for_whoever_has_the_file_open(keys: Keys) -> None:
    serving = Keys(keys.path)
    kept, lost = keys.make("kept", ("read",)), keys.make("lost", ("read",))
    assert serving.find(lost)
    keys.revoke("lost")
    assert serving.find(lost) is None
    assert serving.find(kept)
    with pytest.raises(NoSuchKey, match="No key is named 'lost'"):
        keys.revoke("lost")
    assert serving.find(keys.make("lost", ("write",)))


@pytest.mark.parametrize(
    "name", ["", "  ", "a\nb", "\x1b[2J", "\u202egpj", "x" * (LONGEST_NAME + 1), "\udcff"]
)
def test_a_name_is_short_plain_text(keys: Keys, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        keys.make(name, ("read",))
    assert keys.list() == ()


def test_a_name_is_given_once_and_a_scope_is_one_of_three(keys: Keys) -> None:
    keys.make("notebook", ("read",))
    with pytest.raises(ValueError, match="There is a key 'notebook' already"):
        keys.make(" notebook ", ("read",))
    with pytest.raises(ValueError, match="'root' is no scope: choose read, write, admin"):
        keys.make("other", ("read", "root"))
    with pytest.raises(ValueError, match="needs a scope"):
        keys.make("other", ())
    assert len(keys.list()) == 1


_KEY = {"name": "a", "scopes": ["read"], "made": "2025-01-01T00:00:00+00:00", "digest": "d"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        json.dumps({"salt": "s", "keys": [{**_KEY, "scopes": ["root"]}]}).encode(),
        json.dumps({"salt": "s", "keys": [{**_KEY, "scopes": []}]}).encode(),
        json.dumps({"salt": "s", "keys": [_KEY, {**_KEY, "digest": "e"}]}).encode(),
        json.dumps({"salt": "s", "keys": [{"name": "a"}]}).encode(),
    ],
)
def test_a_broken_file_is_told_every_time_and_kept_as_it_is(keys: Keys, content: bytes) -> None:
    key = keys.make("notebook", ("admin",))
    whole = keys.path.read_bytes()
    keys.path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(BrokenKeys, match=r"keys\.json can't be read \(.+\): mend the file"):
            keys.find(key)
    with pytest.raises(BrokenKeys):
        keys.make("other", ("read",))
    with pytest.raises(BrokenKeys):
        keys.revoke("notebook")
    assert keys.path.read_bytes() == content
    keys.path.write_bytes(whole)
    assert keys.find(key)


@given(st.text(min_size=1, max_size=LONGEST_NAME).filter(lambda t: t.isprintable() and t.strip()))
def test_every_name_of_plain_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    keys = Keys(tmp_path_factory.mktemp("keys") / FILE)
    key = keys.make(name, ("write",))
    found = Keys(keys.path).find(key)
    assert found
    assert found.name == name.strip()


def test_keys_are_made_listed_and_revoked_by_the_program_while_the_library_is_in_use(
    own_library: Path, tmp_path: Path
) -> None:
    from store.library import Library
    from ui.settings import load_settings

    before = ("--library", str(own_library), "keys")
    with Library(load_settings(library=own_library)) as held:
        held.own()
        made = run_program(tmp_path, *before, "add", "notebook", "--scope", "write")
    assert made.code == 0, made.err
    key = made.out.strip()
    assert "nobody can show it again" in made.err
    found = Keys(own_library / FILE).find(key)
    assert found
    assert (found.name, found.scopes) == ("notebook", ("write",))


def test_the_commands_tell_what_there_is(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert "There is no key yet" in run("keys", "list", library=folder).err
    assert document(run("keys", "list", "--json", library=folder)) == {"keys": []}
    key = run("keys", "add", "notebook", library=folder).out.strip()
    assert Keys(folder / FILE).find(key)
    [listed] = document(run("keys", "list", "--json", library=folder))["keys"]
    assert listed == {"name": "notebook", "scopes": ["read"], "made": listed["made"]}
    line = run("keys", "list", library=folder).out
    assert line == f"notebook\tread\t{listed['made']}\n"
    assert "revoked" in (revoked := run("keys", "revoke", "notebook", library=folder)).err
    assert "No key is left" in revoked.err
    assert Keys(folder / FILE).find(key) is None


def test_the_commands_fail_in_one_sentence(run: Run, tmp_path: Path) -> None:
    assert "no scope" in complaint(run("keys", "add", "x", "--scope", "all", library=tmp_path), 2)
    assert "No key is named" in complaint(run("keys", "revoke", "x", library=tmp_path), 1)
    assert "keys --help" in complaint(run("keys", library=tmp_path), 2)
    (tmp_path / FILE).write_text("{", "utf-8")
    for words in (("list",), ("add", "x"), ("revoke", "x")):
        assert "can't be read" in complaint(run("keys", *words, library=tmp_path), 1)


def test_no_server_is_started_on_keys_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{", "utf-8")
    assert "can't be read" in complaint(run("serve", "--port", "0", library=tmp_path), 1)
