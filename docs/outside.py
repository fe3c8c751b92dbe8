"""MkDocs hook: make links to repository files outside docs/ work on GitHub and on the site.

A linked Markdown file (such as a model card) becomes a page under `repository/`, any other file a download
there.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
OUTSIDE = re.compile(r"\]\(\.\./([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files that pages link to."""
    pages = [file.content_string for file in files.documentation_pages()]
    for path in sorted({found for text in pages for found in OUTSIDE.findall(text)}):
        source = ROOT / path
        made = File.generated(config, _address(path), abs_src_path=str(source))
        made.inclusion = made.inclusion.NOT_IN_NAV
        files.append(made)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite links to these files."""
    return OUTSIDE.sub(lambda found: f"]({_address(found[1])}", markdown)


def _address(path: str) -> str:
    return f"repository/{path}"
