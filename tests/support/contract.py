"""docs/3manager.openapi.yaml: whether an answer is one that 3manager might give."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

CONTRACT: Final = Path(__file__).parents[2] / "docs" / "3manager.openapi.yaml"
_URI: Final = "urn:3manager"
_SCHEMA: Final = "content/application~1json/schema"


def _is_instant(value: object) -> bool:
    # jsonschema checks this one only where a package more is installed.
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


_formats = FormatChecker(["date"])
_formats.checks("date-time", raises=ValueError)(_is_instant)


class Contract:
    """The contract's answers, by path, method and status."""

    def __init__(self) -> None:
        self._document = yaml.safe_load(CONTRACT.read_text("utf-8"))
        resource = Resource.from_contents(self._document, default_specification=DRAFT202012)
        self._registry = Registry().with_resource(_URI, resource)

    def problems(self, method: str, path: str, status: int, document: Any) -> list[str]:
        """What is wrong with an answer; nothing if it keeps to the contract."""
        template = self._template(path)
        responses = self._document["paths"][template][method.lower()]["responses"]
        if str(status) not in responses:
            return [f"{method} {path} may not be answered with {status}"]
        reference = responses[str(status)].get("$ref")
        if reference is None:
            name = template.replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
            reference = f"#/paths/{name}/{method.lower()}/responses/{status}"
        return self._schema_problems(f"{reference}/{_SCHEMA}", document)

    def error_problems(self, document: Any) -> list[str]:
        """What is wrong with the document of an error whose status the contract does not name."""
        return self._schema_problems(f"#/components/responses/Error/{_SCHEMA}", document)

    def _template(self, path: str) -> str:
        for template in self._document["paths"]:
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                return str(template)
        raise AssertionError(f"the contract knows no {path}")

    def _schema_problems(self, reference: str, document: Any) -> list[str]:
        schema = {"$ref": _URI + reference}
        validator = Draft202012Validator(schema, registry=self._registry, format_checker=_formats)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
