#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write docs/python/*.md, the reference of the Python package, from its sources: signatures, docstrings and fields.

    python_pages.py SOURCE_ROOT            write the pages
    python_pages.py SOURCE_ROOT --check    exit status 1 if they are not what would be written

The sources are parsed, not imported, so neither the shared library nor numpy is needed, and every Python writes the same.
"""
import ast
import pathlib
import re
import sys
import textwrap

WIDTH, CODE_WIDTH = 120, 100
PAGES = {  # page: (title, modules), in the order in which they are listed
    "library": ("Library", ["library"]),
    "model": ("Model", ["model"]),
    "query": ("Terms of a query", ["query"]),
    "results": ("What comes back", ["results", "rows", "images"]),
    "clips": ("Clips", ["clips"]),
    "timelines": ("Timelines and media", ["timelines"]),
    "errors": ("Errors", ["errors"]),
    "types": ("Types of arguments", ["_types", "results", "clips", "timelines"]),
}
NOTE = "Made by `tools/python_pages.py` from the package's sources; change them there."


def prose(text):
    """A docstring as Markdown: its paragraphs wrapped, stars escaped."""
    paragraphs = re.split(r"\n\s*\n", textwrap.dedent("    " + text).strip() if not text.startswith(" ") else text)
    joined = [" ".join(paragraph.split()) for paragraph in paragraphs]
    return "\n\n".join(textwrap.fill(re.sub(r"(?<!`)\*", r"\\*", paragraph), WIDTH, break_long_words=False, break_on_hyphens=False)
                       for paragraph in joined)


class Unquote(ast.NodeTransformer):
    """Types in quotes without them; the words of a Literal keep theirs."""

    def visit_Constant(self, constant):
        return ast.parse(constant.value, mode="eval").body if isinstance(constant.value, str) else constant

    def visit_Subscript(self, subscript):
        literal = isinstance(subscript.value, ast.Name) and subscript.value.id == "Literal"
        return subscript if literal else self.generic_visit(subscript)


def annotation(node):
    """A type as people write it; "" for none."""
    return ast.unparse(Unquote().visit(ast.parse(ast.unparse(node), mode="eval").body)) if node is not None else ""


def argument(node, default):
    text = node.arg + (f": {annotation(node.annotation)}" if node.annotation is not None else "")
    if default is None:
        return text
    return text + (" = " if node.annotation is not None else "=") + ast.unparse(default)


def arguments(function):
    """Without self and cls."""
    given = function.args
    first = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(first) - len(given.defaults)) + given.defaults
    parts = [argument(node, default) for node, default in zip(first, defaults) if node.arg not in ("self", "cls")]
    if given.vararg is not None:
        parts.append("*" + argument(given.vararg, None))
    elif given.kwonlyargs:
        parts.append("*")
    parts += [argument(node, default) for node, default in zip(given.kwonlyargs, given.kw_defaults)]
    return parts


def signature(name, function):
    """As an indented block."""
    result = annotation(function.returns)
    parts, end = arguments(function), f") -> {result}" if result and function.name != "__init__" else ")"
    lines, line = [], f"{name}("
    for index, part in enumerate(parts):
        part += ", " if index + 1 < len(parts) else end
        if len(line) + len(part.rstrip()) > CODE_WIDTH:
            lines.append(line.rstrip())
            line = " " * (len(name) + 1)
        line += part
    lines.append((line if parts else line + end).rstrip())
    return "\n".join("    " + line for line in lines)


def has_decorator(node, name):
    return any(ast.unparse(decorator).split("(")[0] == name for decorator in node.decorator_list)


def fields_of(node):
    return [(item.target.id, annotation(item.annotation), "" if item.value is None else ast.unparse(item.value))
            for item in node.body if isinstance(item, ast.AnnAssign) and not item.target.id.startswith("_")]


def described(heading, node):
    return [heading, prose(ast.get_docstring(node))] if ast.get_docstring(node) else [heading]


def class_page(node, bases):
    """Heading, docstring, fields, and public methods, those of bases of the package too."""
    constructor = next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"), None)
    out = [f"## {node.name}"]
    inner = [ast.unparse(base) for base in node.bases]
    if constructor is not None and node.name in ("Library", "Model"):
        out.append(signature(node.name, constructor))
    if ast.get_docstring(node):
        out.append(prose(ast.get_docstring(node)))
    out += [f"A sequence of `{name[5:-1]}`." for name in inner if name.startswith("Rows[")]
    out += [f"Has all that `{name}` has." for name in inner if name in ("Frames", "bytes")]
    fields = fields_of(node)
    if fields:
        out.append("| field | type | default |\n|---|---|---|\n" +
                   "\n".join(f"| `{name}` | `{kind}` | {f'`{value}`' if value else ''} |" for name, kind, value in fields))
    seen = set()
    for owner in [node, *(base for base in bases if node.name != "Embeddings")]:  # Frames stands above it
        for item in owner.body:
            if not isinstance(item, ast.FunctionDef) or item.name in seen or item.name.startswith("_"):
                continue
            seen.add(item.name)
            instance = re.sub(r"(?<!^)(?=[A-Z])", "_", node.name).lower()
            out += described(f"### {node.name}.{item.name}", item)
            if has_decorator(item, "property"):
                out.insert(len(out) - 1, f"    {instance}.{item.name}: {annotation(item.returns)}")
            else:
                prefix = node.name if has_decorator(item, "classmethod") or has_decorator(item, "staticmethod") else instance
                out.insert(len(out) - 1, signature(f"{prefix}.{item.name}", item))
    return out


def errors_page(tree):
    rows = [f"| `{node.name}` | {node.status} | {', '.join(f'`{ast.unparse(base)}`' for base in node.bases)} | "
            f"{' '.join(ast.get_docstring(node).split())} |"
            for node in tree.body if isinstance(node, ast.ClassDef) and add_status(node)]
    return ["| class | status | is a | |\n|---|---|---|---|\n" + "\n".join(rows)]


def add_status(node):
    node.status = next((ast.unparse(item.value) for item in node.body if isinstance(item, ast.Assign)
                        and item.targets[0].id == "status"), "")
    return bool(node.status)


def types_page(tree):
    """Of types that are described; their words stand behind them."""
    out = []
    for item, after in zip(tree.body, tree.body[1:]):
        words = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name) and words:
            name = item.targets[0].id
            out += [f"## {name}", f"    {name} = {annotation(item.value)}"] + [prose(words)]
        elif isinstance(item, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in item.bases):
            out += described(f"## {item.name}", item)
    return out


def make_pages(root):
    package = root / "python/reelvec"
    trees = {path.stem: ast.parse(path.read_text()) for path in sorted(package.glob("*.py"))}
    public = next(ast.literal_eval(item.value) for item in trees["__init__"].body
                  if isinstance(item, ast.Assign) and item.targets[0].id == "__all__")
    classes = {item.name: item for tree in trees.values() for item in tree.body if isinstance(item, ast.ClassDef)}

    def bases_of(node):
        names = [ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases]
        found = [classes[name] for name in names if name in classes and name not in ("Uncopied",)]
        return found + [base for inner in found for base in bases_of(inner)]

    pages, listed, placed = {}, [], set()
    for page, (title, modules) in PAGES.items():
        out, names = [f"# Python: {title}", NOTE], []
        for module in modules:
            if module == "errors":
                out += errors_page(trees[module])
                names += [name for name in public if name.endswith("Error")]
                continue
            if page == "types":
                out += types_page(trees[module])
                continue
            for item in sorted(trees[module].body, key=lambda item: getattr(item, "name", "") != title):
                if getattr(item, "name", None) not in public:
                    continue
                names.append(item.name)
                if isinstance(item, ast.ClassDef):
                    out += class_page(item, bases_of(item))
                else:
                    out += [f"## {item.name}", signature(f"reelvec.{item.name}", item), prose(ast.get_docstring(item))]
        pages[f"{page}.md"] = "\n\n".join(out) + "\n"
        placed |= set(names)
        listed.append(f"| [{title}]({page}.md) | {', '.join(f'`{name}`' for name in names)} |")
    missing = sorted(set(public) - placed)
    if missing:
        sys.exit(f"python_pages.py: no page has {', '.join(missing)}")
    pages["README.md"] = "\n\n".join([
        "# The Python package, name by name", NOTE,
        "How it is used is said in [Python](../python.md); here is what each name takes and gives.",
        "| page | names |\n|---|---|\n" + "\n".join(listed)]) + "\n"
    return pages


def main():
    root = pathlib.Path(sys.argv[1])
    folder, pages = root / "docs/python", make_pages(root)
    if sys.argv[2:] == ["--check"]:
        there = {path.name: path.read_text() for path in folder.glob("*.md")} if folder.exists() else {}
        stale = sorted(name for name in {*there, *pages} if there.get(name) != pages.get(name))
        if stale:
            sys.exit(f"docs/python: {', '.join(stale)} would be written otherwise; run tools/python_pages.py .")
        print(f"{len(pages)} pages are current")
        return
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
