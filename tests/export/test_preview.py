"""The page shows every file and every entry, all of its links lead somewhere, and it asks nobody for anything."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.export.cases import CASES, run


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.elsewhere: list[str] = []
        self.shown = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                assert value not in self.ids
                self.ids.add(value or "")
            elif name == "href" and (value or "").startswith("#"):
                self.links.append((value or "")[1:])
            elif name in ("src", "href"):
                self.elsewhere.append(value or "")

    def handle_data(self, data: str) -> None:
        self.shown += data


@pytest.mark.parametrize("name", ["web", "values", "template"])
def test_a_preview_links_sources_and_tree(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(one for one in CASES if one.name == name)
    monkeypatch.chdir(case)
    assert run(case, tmp_path / "k8s", "--preview") == 0
    text = (tmp_path / "k8s/preview.html").read_text()
    page = Page(text)
    assert page.links
    assert set(page.links) - page.ids == set()
    assert page.elsewhere == []
    assert not re.search(r"url\(|@import|<script", text)
    for file in sorted((tmp_path / "k8s/base").rglob("*.yaml")):
        assert str(file.relative_to(tmp_path / "k8s")) in page.shown
        assert file.read_text().split("\n")[0] in page.shown
