"""The page of a search, with its pictures."""

from __future__ import annotations

import os
import re
import shutil

from helpers.searched_images import expected
from helpers.searched_images import write


def test_page_shows_pictures_distances_and_learners(search, gallery, tmp_path):
    root, embeddings = gallery
    query = write(tmp_path / "one.png", 10, 200, 30, 90)
    search(f"--gallery={root}", "--query=one.png", "--html=out.html")
    page = (tmp_path / "out.html").read_text()
    assert page.count('src="data:image/jpeg;base64,') == 6
    assert page.count(" alt=") == 6
    for distance, name in expected(query, embeddings)[:5]:
        assert f"<strong>{distance:.4f}</strong>" in page
        assert f'alt="neighbour {name}"' in page
    shares = re.findall(r'<dd class="share (\w*)">(\d+)%', page)
    assert len(shares) == 10
    assert [kind for kind, _ in shares].count("best") == 5
    for first, second in zip(shares[::2], shares[1::2]):
        best, other = (first, second) if first[0] == "best" else (second, first)
        assert int(best[1]) <= int(other[1])
    # Without network: nothing is loaded from anywhere.
    assert not re.search(r'(src|href)="(?!data:)|https?:|@import|url\(', page)


def test_names_of_files_are_text_on_the_page(search, gallery, tmp_path):
    root, _ = gallery
    name = '<script>alert("1")&amp;{{ 7 * 7 }}.png'
    write(root / name, 1, 2, 3, 4)
    search(f"--gallery={root}", f"--query={root / name}", "--html=out.html")
    page = (tmp_path / "out.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#34;1&#34;)&amp;amp;{{ 7 * 7 }}.png" in page


def test_name_that_is_no_utf8_is_shown(search, gallery, tmp_path):
    root, embeddings = gallery
    (root / "a" / "0.png").rename(os.fsdecode(bytes(root) + b"/caf\xe9.png"))
    result = search(f"--gallery={root}", f"--query={root}", "--html=out.html")[
        1
    ]
    assert "caf\ufffd.png" in [one["query"] for one in result["queries"]]
    page = (tmp_path / "out.html").read_text()
    assert page.count("data:image/jpeg") == 6 * 12


def test_model_without_learners_has_no_bars(start, gallery, exported, tmp_path):
    root, _ = gallery
    shutil.copytree(exported, tmp_path / "plain")
    shutil.rmtree(tmp_path / "plain" / "1" / "assets.extra")
    start(
        "search",
        "--export_dir=plain",
        f"--gallery={root}",
        f"--query={root}/a/0.png",
        "--html=out.html",
    )
    page = (tmp_path / "out.html").read_text()
    assert "data:image/jpeg" in page
    assert "learner" not in page
