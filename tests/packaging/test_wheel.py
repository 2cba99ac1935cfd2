"""The distribution: what is in the wheel, how large it is, which copy these tests run against."""

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import retrograd as rg
from tests.packaging.project import PACKAGES, ROOT, SETTINGS

NOT_SHIPPED = {"benchmarks", "docs", "examples", "notebooks", "tests"}
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built aside so that nothing is left in the checkout."""
    source = tmp_path_factory.mktemp("source") / "retrograd"
    unwanted = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "runs")
    shutil.copytree(ROOT, source, ignore=unwanted)
    out = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(out)], cwd=source, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    (path,) = out.glob("*.whl")
    return path


def test_wheel_is_pure_python_and_below_one_megabyte(wheel):
    assert wheel.name == f"retrograd-{rg.__version__}-py3-none-any.whl"
    assert wheel.stat().st_size < 1_000_000


def test_wheel_holds_the_package_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    parts = {tuple(Path(name).parts) for name in names}
    assert {top for top, *_ in parts} == {"retrograd", f"retrograd-{rg.__version__}.dist-info"}
    assert not {second for _, second, *_ in parts} & NOT_SHIPPED
    assert not [name for name in names if name.endswith((".pyc", ".so", ".pyd", ".dll"))]


def test_wheel_holds_every_file_of_the_package(wheel):
    """Modules, each package's README, and data in folders ``files/``."""
    shipped = set(zipfile.ZipFile(wheel).namelist())
    own = {
        f"retrograd/{path.name}"
        for path in [*ROOT.glob("*.py"), *ROOT.glob("*.pyi"), ROOT / "py.typed"]
    }
    for part in {package.split(".")[1] for package in PACKAGES if "." in package}:
        for path in (ROOT / part).rglob("*"):
            if path.is_file() and path.parent.name != "__pycache__":
                own.add(f"retrograd/{path.relative_to(ROOT).as_posix()}")
    assert {name for name in shipped if name.startswith("retrograd/")} == own


def test_package_list_is_complete():
    """Every folder that holds Python code is a listed package, or is known not to be shipped."""
    holding_code = set()
    for path in ROOT.rglob("*.py"):
        parents = path.relative_to(ROOT).parts[:-1]
        hidden = any(part.startswith(".") for part in parents)
        if not hidden and not {*parents[:1]} & {*NOT_SHIPPED, "build", "dist"}:
            holding_code.add(".".join(("retrograd", *parents)))
    assert holding_code == set(PACKAGES)
    assert len(PACKAGES) == len(set(PACKAGES))


def test_numpy_is_the_only_hard_dependency():
    assert SETTINGS["project"]["dependencies"] == ["numpy>=2"]


def test_the_installed_package_is_tested():
    """Not a copy that happens to lie on the path: the installed one, or an editable install."""
    site = sysconfig.get_path("purelib")
    (installed,) = metadata.distributions(name="retrograd", path=[site])
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    editable = origin.get("dir_info", {}).get("editable", False)
    expected = ROOT if editable else Path(site) / "retrograd"
    assert Path(rg.__file__).resolve().parent == expected.resolve()
    assert installed.version == rg.__version__
