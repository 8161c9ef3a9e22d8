"""The installation behind a company's certificate authority: make's uv trusts it, and shows why it does not."""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import os
import ssl
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "acme-sample"
# Run as the Makefile runs it, with its variables. Nothing is installed into the environment of the checkout.
PROBE = "probe: ; @$(BIN)/python -m uv pip install --quiet --no-cache --target $(TARGET) --index-url $(INDEX) $(NAME)"


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def _certificates(folder: Path) -> None:
    """Write an authority, ``ca.pem``, and a server's certificate and key that it signed."""
    subject = ("-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Acme test authority")
    extensions = ("-addext", "keyUsage=keyCertSign,cRLSign")
    _openssl(folder, "req", "-x509", *subject, *extensions, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem")
    _openssl(
        folder,
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=127.0.0.1",
        "-keyout",
        "key.pem",
        "-out",
        "csr.pem",
    )
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    signer = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
    _openssl(folder, "x509", "-req", "-in", "csr.pem", *signer, "-out", "cert.pem")


def _index(folder: Path) -> None:
    """Write a package index with one empty package."""
    name = "acme_sample-1.0"
    wheel = folder / PACKAGE / f"{name}-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    files = {
        "acme_sample.py": "",
        f"{name}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n",
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_digest(text)},{len(text)}" for path, text in files.items()]
    files[f"{name}.dist-info/RECORD"] = "\n".join([*rows, f"{name}.dist-info/RECORD,,", ""])
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    (wheel.parent / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Yield the address of an index with a certificate that only the authority in the returned file vouches for."""
    folder = tmp_path_factory.mktemp("index")
    _certificates(folder)
    _index(folder / "simple")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder / "simple"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}", folder / "ca.pem"
        server.shutdown()


def _make(index: str, target: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    dropped = ("UV_", "SSL_", "NODE_", "MAKE", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    words = [
        f"BIN={os.path.relpath(Path(sys.executable).parent, ROOT)}",
        f"INDEX={index}",
        f"TARGET={target}",
        f"NAME={PACKAGE}",
    ]
    command = ["make", "--no-print-directory", f"--eval={PROBE}", "probe", *words]
    return subprocess.run(
        command, cwd=ROOT, env=kept | variables, capture_output=True, text=True, check=False, timeout=120
    )


def test_uv_trusts_an_authority_of_the_system(index: tuple[str, Path], tmp_path: Path) -> None:
    """OpenSSL's variable stands for the system's store, which a test can't change."""
    address, authority = index

    ended = _make(address, tmp_path / "target", SSL_CERT_FILE=str(authority))

    assert (0, "") == (ended.returncode, ended.stderr)
    assert (tmp_path / "target" / "acme_sample.py").is_file()


def test_failed_installation_shows_its_reason(index: tuple[str, Path], tmp_path: Path) -> None:
    """Without the authority, the error names the certificate, and nothing is installed."""
    ended = _make(index[0], tmp_path / "target")

    assert 0 != ended.returncode
    assert "certificate" in ended.stderr.lower()
    assert not (tmp_path / "target" / "acme_sample.py").exists()


def test_make_uses_the_store_of_the_system() -> None:
    """For uv and npm; a value that the user set wins."""
    printed = "probe: ; @echo $$UV_SYSTEM_CERTS $$NODE_EXTRA_CA_CERTS"
    command = ["make", "--no-print-directory", f"--eval={printed}", "probe"]
    own = {"UV_SYSTEM_CERTS": "0", "NODE_EXTRA_CA_CERTS": "/x.pem"}
    kept = {name: value for name, value in os.environ.items() if name not in own and not name.startswith("MAKE")}

    def output(**variables: str) -> list[str]:
        return subprocess.run(
            command, cwd=ROOT, env=kept | variables, capture_output=True, text=True, check=True
        ).stdout.split()

    system = Path("/etc/ssl/certs/ca-certificates.crt")
    assert ["1", *([str(system)] if system.exists() else [])] == output()
    assert ["0", "/x.pem"] == output(**own)


@pytest.mark.parametrize("name", ["tests/services", "Makefile"])
def test_no_installer_is_silenced(name: str) -> None:
    """``--quiet`` of uv and pip, and npm's log level, keep the errors."""
    paths = [ROOT / name] if (ROOT / name).is_file() else sorted((ROOT / name).glob("[!t]*.py"))

    assert [] == [str(path) for path in paths if any(f"--{word}" in path.read_text() for word in ("silent", "qq"))]
