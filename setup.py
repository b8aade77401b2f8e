"""What setup.cfg cannot say: packages from three source roots, and everything in them that is no module."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
PLUGINS = sorted(path.parent.name for path in ROOT.glob("plugins/*/plugin.toml"))


def data(folder: Path) -> list[str]:
    """Everything below a package that is no Python module: templates, assets, catalogs, manifests."""
    skipped = {"node_modules", "__pycache__", "frontend"}
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and not skipped & set(path.relative_to(folder).parts)
    ]


TOP = {"zhanggui": "core/zhanggui", "zhanggui_sandbox": "core/zhanggui_sandbox", "zhanggui_palm": "themes/palm"} | {name: f"plugins/{name}" for name in PLUGINS}

setup(
    packages=[
        *find_packages("core"),
        *(package for package in find_packages("plugins") if package.split(".")[0] in PLUGINS),
        "zhanggui_palm",
        # Migrations are read as files, but travel as modules.
        "zhanggui.migrations.versions",
        *(f"{name}.migrations.versions" for name in PLUGINS if (ROOT / "plugins" / name / "migrations").is_dir()),
    ],
    package_dir=TOP,
    package_data={name: data(ROOT / folder) for name, folder in TOP.items()},
)
