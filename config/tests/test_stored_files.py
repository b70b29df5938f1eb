"""Uploaded files are for this system only, not for whoever else works on the machine."""

from pathlib import Path

from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile

from config import settings
from config.supervise import close_to_others
from shouhou.shared.files import place_of


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_stored_files_and_folders_are_closed_to_others(tmp_path):
    root = tmp_path / "files"
    storage = FileSystemStorage(**{**settings.STORAGES["default"]["OPTIONS"], "location": str(root)})
    storage.save(place_of("ab" * 32), SimpleUploadedFile("x", b"x"))
    assert {path.is_dir(): mode(path) for path in root.rglob("*")} == {True: 0o700, False: 0o600}
    assert mode(root) == 0o700


def test_a_folder_that_stood_open_is_closed_at_the_start(tmp_path):
    root = tmp_path / "files"
    for _start in range(2):
        close_to_others(root)
        assert mode(root) == 0o700
        root.chmod(0o755)
