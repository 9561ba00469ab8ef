from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import yaml

DOCKER = Path(__file__).parents[2] / "docker"


def run_entrypoint(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    shell = shutil.which("sh")
    assert shell is not None
    return subprocess.run(
        [shell, str(DOCKER / "entrypoint.sh"), *command],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_entrypoint_leaves_other_variables_and_arguments_alone() -> None:
    given = {"PASSWORDS_FILE": "/var/lib/passwords.json", "SPACED": "two words"}
    result = run_entrypoint(given, "sh", "-c", 'printf "%s|%s|%s" "$PASSWORDS_FILE" "$SPACED" "$1"', "sh", "a b")
    assert result.stdout == "/var/lib/passwords.json|two words|a b"


def test_the_entrypoint_refuses_a_missing_secret_by_name() -> None:
    result = run_entrypoint({"KEY_FILE": "/run/secrets/absent"}, "true")
    assert result.returncode != 0
    assert "/run/secrets/absent, named by KEY_FILE" in result.stderr


def test_the_entrypoint_turns_secret_files_into_variables(tmp_path: Path) -> None:
    script = (DOCKER / "entrypoint.sh").read_text().replace("/run/secrets/", f"{tmp_path}/")
    (tmp_path / "entrypoint.sh").write_text(script)
    (tmp_path / "key").write_text("p@ss$word:/?")
    result = subprocess.run(
        ["sh", str(tmp_path / "entrypoint.sh"), "sh", "-c", 'printf "%s|%s" "$KEY" "${KEY_FILE-unset}"'],
        env={"PATH": "/usr/bin:/bin", "KEY_FILE": str(tmp_path / "key")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "p@ss$word:/?|unset"


def test_the_generated_secrets_are_those_that_compose_mounts_and_are_kept(tmp_path: Path) -> None:
    shutil.copy(DOCKER / "secrets.sh", tmp_path)
    subprocess.run(["sh", "secrets.sh"], cwd=tmp_path, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(["sh", "secrets.sh"], cwd=tmp_path, check=True, capture_output=True)
    assert first == {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(first) == set(yaml.safe_load((DOCKER / "compose.yaml").read_text())["secrets"])
    assert len(base64.urlsafe_b64decode(first["fernet_key"])) == 32
    assert len(first["jwt_secret"]) >= 64
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert f":{first['postgres_password']}@postgres:" in first["airflow_database"]
