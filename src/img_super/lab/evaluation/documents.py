"""Writes tables and plots into documents, between markers; the text around them is kept.

A marker is `<!-- begin NAME -->`, its end `<!-- end NAME -->`. Names: `figures SET`, `policies SET`, `groups SET`,
`plots SET`, `robustness SET: crops`, `robustness SET: photos`, `precisions`; SET is the name of a data set. A document
in English says `<!-- language: en -->`; the others are in Spanish.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from img_super.lab.evaluation import plots, tables
from img_super.lab.evaluation.evaluate import Measured
from img_super.lab.evaluation.html import plots_of

IMAGES: Final = "images"
_BLOCK: Final = re.compile(r"(<!-- begin (.+?) -->\n)(.*?)(<!-- end \2 -->)", re.DOTALL)
_ENGLISH: Final = "<!-- language: en -->"


def fill_documents(folder: Path, results: Sequence[Measured]) -> dict[str, list[str]]:
    """Fill every Markdown file of a folder; return the names of the filled blocks, by file.

    Blocks without measurements stay as they are. Plots go into `images/` beside the documents.
    """
    filled = {}
    images: dict[str, bytes] = {}
    for path in sorted(folder.glob("*.md")):
        text = path.read_text("utf-8")
        english = _ENGLISH in text
        if _BLOCK.search(text) is None:
            continue
        blocks = _tables(results, tables.ENGLISH if english else tables.SPANISH)
        words, language = (plots.ENGLISH, "en") if english else (plots.SPANISH, "es")
        plots_by_name = _plots(results, words, language) if "<!-- begin plots " in text else {}
        blocks |= {name: _links(files) for name, files in plots_by_name.items()}
        changed, names = fill(text, blocks)
        path.write_text(changed, "utf-8")
        filled[path.name] = names
        images |= {file: svg for name in names for file, svg in plots_by_name.get(name, {}).items()}
    if images:
        (folder / IMAGES).mkdir(exist_ok=True)
    for file, svg in images.items():
        (folder / IMAGES / file).write_bytes(svg)
    return filled


def fill(text: str, blocks: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with known blocks replaced, and their names."""
    names = [name for _, name, _, _ in _BLOCK.findall(text) if name in blocks]

    def replaced(match: re.Match[str]) -> str:
        begin, name, before, end = match.groups()
        return f"{begin}\n{blocks[name]}\n{end}" if name in blocks else f"{begin}{before}{end}"

    return _BLOCK.sub(replaced, text), names


def _tables(results: Sequence[Measured], names: tables.Names) -> dict[str, str]:
    main = results[0]
    blocks = {}
    for name, measured in main.figures.items():
        blocks[f"figures {name}"] = tables.figures_table(results, name, names).as_markdown()
        blocks[f"policies {name}"] = tables.policies_table(main, name, names).as_markdown()
        if measured.groups:
            blocks[f"groups {name}"] = tables.groups_table(measured, name, names).as_markdown()
    for title, rows in main.robustness.items():
        blocks[f"robustness {title}"] = tables.robustness_table(rows, title, names).as_markdown()
    if main.model.card.precisions:
        blocks["precisions"] = tables.precisions_table(main, names).as_markdown()
    return blocks


def _plots(results: Sequence[Measured], words: plots.Words, language: str) -> dict[str, dict[str, bytes]]:
    return {
        f"plots {name}": {f"{name}_{kind}.{language}.svg": svg for kind, svg in plots_of(results, name, words).items()}
        for name in results[0].figures
    }


def _links(files: Mapping[str, bytes]) -> str:
    return "".join(f"![{file.partition('.')[0].replace('_', ' ')}]({IMAGES}/{file})\n" for file in files)
